namespace Engine.BuiltIn;

/// <summary>The model of a fresh clone: the small story teller that this project trained. It is in <c>models/</c> of the checkout and beside
/// every program built or published from it; <c>models/llama-stories.md</c> says how it was made and how well it does.</summary>
internal static class DefaultModel
{
    /// <summary>The Q8_0 file, which verbs use when none is named.</summary>
    /// <exception cref="ModelFileException">It is not there.</exception>
    public static string Find() => Find("llama-stories-q8_0.gguf");

    /// <summary>The same weights in F32, for checks that have to be strict.</summary>
    /// <exception cref="ModelFileException">It is not there.</exception>
    public static string FindF32() => Find("llama-stories-f32.gguf");

    internal static string Find(string name)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "models", name);
        return File.Exists(path) ? path : throw new ModelFileException(
            $"Finding the default model: expected it beside the program as '{path}', found nothing there. Give your own model with --model PATH, or publish the program again.");
    }
}
