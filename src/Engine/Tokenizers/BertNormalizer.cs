using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>Normalizes a text to the form in which BERT's vocabularies were made, step by step as Hugging Face's tokenizers do:
/// clean it, separate Chinese characters, strip accents, convert to lower case.</summary>
internal static class BertNormalizer
{
    /// <summary>The code points of the normalized text; blanks of all kinds are U+0020.</summary>
    public static List<int> Normalize(ReadOnlySpan<byte> utf8, bool stripsAccents, bool lowercases)
    {
        List<int> points = Clean(utf8);
        if (stripsAccents)
        {
            points = StripAccents(points);
        }
        if (lowercases)
        {
            var small = new List<int>(points.Count);
            foreach (int point in points)
            {
                BertCharacters.AppendLowercase(point, small);
            }
            points = small;
        }
        return points;
    }

    private static List<int> Clean(ReadOnlySpan<byte> utf8)
    {
        var points = new List<int>(utf8.Length);
        while (!utf8.IsEmpty)
        {
            int point = Utf8.Decode(utf8, out int length);
            utf8 = utf8[length..];
            BertCharacter kind = BertCharacters.Kind(point);
            if (BertCharacters.IsChinese(point))
            {
                points.AddRange([' ', point, ' ']);
            }
            else if (kind != BertCharacter.Dropped)
            {
                points.Add(kind == BertCharacter.Blank ? ' ' : point);
            }
        }
        return points;
    }

    // All marks are sorted before the accents are removed, so that the remaining ones keep their order.
    private static List<int> StripAccents(List<int> points)
    {
        var decomposed = new List<int>(points.Count + 16);
        foreach (int point in points)
        {
            BertCharacters.AppendDecomposed(point, decomposed);
        }
        CanonicalForms.Order(decomposed);
        decomposed.RemoveAll(point => BertCharacters.Kind(point) == BertCharacter.Accent);
        return decomposed;
    }
}
