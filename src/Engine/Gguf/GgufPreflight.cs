namespace Engine.Gguf;

/// <summary>Refuses, with a sentence, a file that would end the process inside llama.cpp.</summary>
internal static class GgufPreflight
{
    /// <summary>Looks at metadata and tensor shapes, not at the weights.</summary>
    /// <exception cref="ModelFileException">The file would end the process.</exception>
    public static void Check(GgufFile file) => VocabularyFacts.Check(file);
}
