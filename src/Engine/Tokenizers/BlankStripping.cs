using Engine.Gguf;

namespace Engine.Tokenizers;

/// <summary>Families whose special tokens swallow adjacent blanks. Files do not say so; llama.cpp decides by the
/// names in the file (v0.5.0, <c>src/llama-vocab.cpp</c>).</summary>
internal static class BlankStripping
{
    /// <summary>Marks such tokens in <see cref="Vocabulary.Attributes"/>.</summary>
    public static void Mark(Vocabulary vocabulary, GgufMetadata metadata)
    {
        string name = metadata.GetString(GgufKeys.Name) ?? "";
        string architecture = metadata.GetString(GgufKeys.Architecture) ?? "";

        bool Named(string part) => name.Contains(part, StringComparison.OrdinalIgnoreCase);
        bool Jina(string part) => vocabulary.Pre.Contains(part, StringComparison.Ordinal);

        if (Jina("jina-v2-de") || Jina("jina-v2-es") || Jina("jina-v2-code")
            || architecture.Contains("nomic-bert-moe", StringComparison.Ordinal) || architecture.Contains("jina-bert-v3", StringComparison.Ordinal))
        {
            MarkLeft(vocabulary, "<mask>");
        }
        else if (Named("phi-3") || Named("phi3"))
        {
            MarkRight(vocabulary);
        }
        else if (Named("modern-bert"))
        {
            MarkLeft(vocabulary, "[MASK]");
        }
    }

    private static void MarkLeft(Vocabulary vocabulary, string text)
    {
        if (vocabulary.Find(text) is >= 0 and int mask)
        {
            vocabulary.Attributes[mask] |= TokenAttributes.StripsLeft;
        }
    }

    private static void MarkRight(Vocabulary vocabulary)
    {
        HashSet<int> kept = [vocabulary.Find("<unk>"), vocabulary.Find("<s>"), vocabulary.Find("<|endoftext|>")];
        int end = vocabulary.Find("</s>");
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (((vocabulary.Attributes[id] & TokenAttributes.CutOut) != 0 || id == end) && !kept.Contains(id))
            {
                vocabulary.Attributes[id] |= TokenAttributes.StripsRight;
            }
        }
    }
}
