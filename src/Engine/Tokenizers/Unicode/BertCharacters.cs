namespace Engine.Tokenizers.Unicode;

/// <summary>What a character becomes in BERT's normalization.</summary>
internal enum BertCharacter : byte
{
    /// <summary>Part of a word.</summary>
    Letter,

    /// <summary>Nothing.</summary>
    Dropped,

    /// <summary>A blank.</summary>
    Blank,

    /// <summary>A separate word.</summary>
    Punctuation,

    /// <summary>A mark that is removed with the accents.</summary>
    Accent,
}

/// <summary>Characters as seen by BERT's normalization in Hugging Face's tokenizers, whose categories are those of Unicode 8.0: the
/// vocabularies were made with them, and all later characters count as letters.</summary>
internal static class BertCharacters
{
    private static readonly CodePointMap<byte> Kinds;
    private static readonly Dictionary<int, int[]> Small = [];
    private static readonly HashSet<int> Whole = [];

    static BertCharacters()
    {
        var kinds = new byte[CodePoints.Count];
        foreach (string[] fields in UnicodeTable.Lines("xwpnlk", UnicodeTable.Bert))
        {
            int[] points = [.. fields.Skip(1).Select(UnicodeTable.Hex)];
            switch (fields[0])
            {
                case "l": Small[points[0]] = points[1..]; break;
                case "k": Whole.Add(points[0]); break;
                default: kinds.AsSpan(points[0]..(points[1] + 1)).Fill((byte)(1 + "xwpn".IndexOf(fields[0][0], StringComparison.Ordinal))); break;
            }
        }
        Kinds = new CodePointMap<byte>(kinds);
    }

    /// <summary>What a code point is.</summary>
    public static BertCharacter Kind(int point) => (BertCharacter)Kinds[point];

    /// <summary>BERT's list of Chinese characters. Extension E really begins at U+2B820, but llama.cpp and Hugging Face have U+2B920.</summary>
    public static bool IsChinese(int point) => point is
        (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>Appends a code point in lower case, which may be two code points.</summary>
    public static void AppendLowercase(int point, List<int> points)
    {
        if (point >= 0x80 && Small.TryGetValue(point, out int[]? small))
        {
            points.AddRange(small);
        }
        else
        {
            points.Add(CodePoints.Lowercase(point));
        }
    }

    /// <summary>Appends the full decomposition of a code point, with its marks not yet sorted.</summary>
    public static void AppendDecomposed(int point, List<int> points)
    {
        if (point < 0x80 || Whole.Contains(point))
        {
            points.Add(point);
        }
        else
        {
            CanonicalForms.AppendDecomposed(point, points);
        }
    }
}
