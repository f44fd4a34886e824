using System.Runtime.InteropServices;

namespace Engine.Tokenizers.Unicode;

/// <summary>Unicode's canonical forms (UAX #15, https://www.unicode.org/reports/tr15/): characters decomposed (NFD) and
/// composed (NFC).</summary>
internal static class CanonicalForms
{
    // Hangul by arithmetic: 19 leading consonants, 21 vowels, 27 trailing consonants or none
    private const int Syllables = 0xAC00;
    private const int Leading = 0x1100;
    private const int Vowels = 0x1161;
    private const int Trailing = 0x11A7; // one before the first
    private const int LeadingCount = 19;
    private const int VowelCount = 21;
    private const int TrailingCount = 28;
    private const int SyllableCount = LeadingCount * VowelCount * TrailingCount;

    private static readonly CodePointMap<byte> CombiningClass;
    private static readonly CodePointMap<bool> Composes; // whether it may compose with what comes before it, or changes its place or itself
    private static readonly CodePointMap<int> FirstOffset; // differences, so that nearly all pages are the empty one
    private static readonly Dictionary<int, (int Left, int Right)> Parts = []; // the decomposition in one step; Right is 0 if there is none
    private static readonly Dictionary<(int Left, int Right), int> Wholes = [];

    static CanonicalForms()
    {
        var classes = new byte[CodePoints.Count];
        var composes = new bool[CodePoints.Count];
        foreach (string[] fields in UnicodeTable.Lines("kcd"))
        {
            int point = UnicodeTable.Hex(fields[1]);
            int left = UnicodeTable.Hex(fields[2]);
            int right = fields.Length > 3 ? UnicodeTable.Hex(fields[3]) : 0;
            if (fields[0] == "k")
            {
                classes.AsSpan(point..(left + 1)).Fill((byte)right);
                composes.AsSpan(point..(left + 1)).Fill(true);
                continue;
            }
            Parts[point] = (left, right);
            if (fields[0] == "c")
            {
                Wholes[(left, right)] = point;
            }
            composes[fields[0] == "c" ? right : point] = true;
        }
        composes.AsSpan(Vowels, VowelCount).Fill(true);
        composes.AsSpan(Trailing + 1, TrailingCount - 1).Fill(true);
        Composes = new CodePointMap<bool>(composes);
        CombiningClass = new CodePointMap<byte>(classes);
        var offsets = new int[CodePoints.Count];
        foreach (int point in Parts.Keys.Concat(Enumerable.Range(Syllables, SyllableCount)))
        {
            int first = point;
            while (Split(first, out int left, out _))
            {
                first = left;
            }
            offsets[point] = first - point;
        }
        FirstOffset = new CodePointMap<int>(offsets);
    }

    /// <summary>The first code point of the decomposition.</summary>
    public static int First(int point) => point + FirstOffset[point];

    /// <summary>Appends the full decomposition of a code point, with its marks not yet sorted.</summary>
    public static void AppendDecomposed(int point, List<int> points)
    {
        if (!Split(point, out int left, out int right))
        {
            points.Add(point);
            return;
        }
        AppendDecomposed(left, points);
        if (right != 0)
        {
            points.Add(right); // which does not decompose further in any line of the table
        }
    }

    /// <summary>Whether a text is certainly in NFC, as nearly all are.</summary>
    public static bool IsComposed(ReadOnlySpan<int> points)
    {
        foreach (int point in points)
        {
            if (point >= 0x300 && Composes[point]) // nothing below it does
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>A text in NFC.</summary>
    /// <param name="points">The text; receives the result.</param>
    public static void Compose(List<int> points)
    {
        var decomposed = new List<int>(points.Count + 16);
        foreach (int point in points)
        {
            AppendDecomposed(point, decomposed);
        }
        Order(decomposed);
        points.Clear();
        int starter = -1;   // the index of the last code point of class 0
        int lastClass = -1; // the class of the last code point after it; -1 for none
        foreach (int point in decomposed)
        {
            int own = CombiningClass[point];
            if (starter >= 0 && lastClass < own && Join(points[starter], point, out int whole))
            {
                points[starter] = whole;
                continue;
            }
            if (own == 0)
            {
                (starter, lastClass) = (points.Count, -1);
            }
            else
            {
                lastClass = own;
            }
            points.Add(point);
        }
    }

    /// <summary>Sorts the marks after each letter by their classes; equal ones keep their order.</summary>
    public static void Order(List<int> points)
    {
        Span<int> all = CollectionsMarshal.AsSpan(points);
        for (int start = 0; start < all.Length;)
        {
            int end = start;
            while (end < all.Length && CombiningClass[all[end]] != 0)
            {
                end++;
            }
            if (end - start > 1)
            {
                int[] sorted = [.. all[start..end].ToArray().OrderBy(point => CombiningClass[point])];
                sorted.CopyTo(all[start..]);
            }
            start = end + 1;
        }
    }

    private static bool Split(int point, out int left, out int right)
    {
        int syllable = point - Syllables;
        if ((uint)syllable < SyllableCount)
        {
            int trailing = syllable % TrailingCount;
            (left, right) = trailing != 0
                ? (point - trailing, Trailing + trailing)
                : (Leading + (syllable / (VowelCount * TrailingCount)), Vowels + (syllable / TrailingCount % VowelCount));
            return true;
        }
        bool found = Parts.TryGetValue(point, out (int Left, int Right) parts);
        (left, right) = parts;
        return found;
    }

    private static bool Join(int left, int right, out int whole)
    {
        if ((uint)(left - Leading) < LeadingCount && (uint)(right - Vowels) < VowelCount)
        {
            whole = Syllables + ((((left - Leading) * VowelCount) + right - Vowels) * TrailingCount);
            return true;
        }
        if ((uint)(left - Syllables) < SyllableCount && (left - Syllables) % TrailingCount == 0 && (uint)(right - Trailing - 1) < TrailingCount - 1)
        {
            whole = left + right - Trailing;
            return true;
        }
        return Wholes.TryGetValue((left, right), out whole);
    }
}
