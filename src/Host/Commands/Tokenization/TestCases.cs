namespace Engine.Host.Commands.Tokenization;

/// <summary>Many texts in one file, as llama.cpp keeps its tokenizer tests (<c>*.gguf.inp</c>): each text is followed by a
/// line end and a separator line.</summary>
internal static class TestCases
{
    public const string Separator = "__ggml_vocab_test__";

    /// <summary>The texts; what follows the last separator is one too, unless it is empty.</summary>
    public static IReadOnlyList<string> Split(string file)
    {
        // A separator at the very end may lack its line end.
        string whole = file.EndsWith($"\n{Separator}", StringComparison.Ordinal) ? file + "\n" : file;
        string[] texts = whole.Split($"\n{Separator}\n");
        return texts[^1].Length == 0 ? texts[..^1] : texts;
    }
}
