using Engine.LlamaCpp.Direct;
using ReferenceModels;
using ReferenceModels.Heads;
using ReferenceModels.Training.Corpora;

namespace Engine.Benchmarks;

/// <summary>The quality figures in the cards of models/, measured again.</summary>
internal static class ShippedModels
{
    private const ulong Seed = 20261122;

    /// <summary>Prints the figures of all models of a folder.</summary>
    public static async Task RunAsync(string folder, int count)
    {
        Console.WriteLine($"{count} held-out texts each, seed {Seed}");
        foreach (string name in (string[])["llama-stories-f32", "llama-stories-q8_0"])
        {
            if (await Open(folder, name) is { } model)
            {
                await using (model)
                {
                    Print(name, "greedy", await ModelQuality.OfStoriesAsync(model, count, Seed, SamplingOptions.Greedy));
                    Print(name, "temperature 0.8", await ModelQuality.OfStoriesAsync(model, count, Seed, new SamplingOptions { Seed = 1 }));
                }
            }
        }
        if (await Open(folder, "llama-tools-q8_0") is { } tools)
        {
            await using (tools)
            {
                Print("llama-tools-q8_0", "greedy", await ToolQuality.OfAsync(tools, count, Seed, SamplingOptions.Greedy));
                Print("llama-tools-q8_0", "temperature 0.8", await ToolQuality.OfAsync(tools, count, Seed, new SamplingOptions { Seed = 1 }));
            }
        }
        if (await Open(folder, "gpt2-moods") is { } moods)
        {
            await using (moods)
            {
                using var heads = new HeadedModel(moods);
                Print("gpt2-moods", "accuracy", await ModelQuality.OfMoodsAsync(heads, count, Seed));
            }
        }
        if (await Open(folder, "bert-facts") is { } facts)
        {
            await using (facts)
            {
                using var heads = new HeadedModel(facts);
                Print("bert-facts", "", await ModelQuality.OfFactsAsync(facts, heads, count, Seed));
            }
        }
        foreach (string name in (string[])["t5-translations", "transformer-translations"])
        {
            if (await Open(folder, name) is { } model)
            {
                await using (model)
                {
                    Print(name, "exact match", await ModelQuality.OfTranslationsAsync(model, count, Seed));
                }
            }
        }
    }

    private static async Task<IModel?> Open(string folder, string name)
    {
        string path = Path.Combine(folder, name + ".gguf");
        IModelBackend backend = name.StartsWith("transformer", StringComparison.Ordinal) ? new ReferenceBackend() : new LlamaCppBackend();
        return File.Exists(path) ? await backend.LoadAsync(new ModelOptions { Path = path, Device = "cpu" }, null, default) : null;
    }

    private static void Print(string name, string what, object figure) => Console.WriteLine(FormattableString.Invariant($"{name} {what}: {figure}"));
}
