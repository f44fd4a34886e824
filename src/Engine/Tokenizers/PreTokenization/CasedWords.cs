using System.Globalization;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>Words that end where lower case changes to upper case, as in Tekken and GPT-4o:
/// <c>[^\r\n\p{L}\p{N}]?U*l+|[^\r\n\p{L}\p{N}]?U+l*|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// where U is any letter that is not lower case and l any letter that is not upper case; a letter without case is both.</summary>
/// <param name="digits">n: one for Tekken, three for GPT-4o.</param>
/// <param name="marks">Whether combining marks count as letters.</param>
/// <param name="contractions">Whether an English contraction belongs to the word before it.</param>
/// <param name="allCapitals">Whether case is known in all scripts; llama.cpp knows only that of ASCII.</param>
internal sealed class CasedWords(int digits, bool marks = false, bool contractions = false, bool allCapitals = false) : WordSplitter
{
    private readonly CodePointFlags _letters = marks ? CodePointFlags.Letter | CodePointFlags.Mark : CodePointFlags.Letter;

    /// <inheritdoc/>
    protected override int WordEnd(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int at)
    {
        int point = points[at];
        CodePointFlags kind = flags[at];
        bool leads = point is not ('\r' or '\n') && (kind & (CodePointFlags.Letter | CodePointFlags.Number)) == 0;
        if (leads && EndsSmall(points, flags, at + 1) is > 0 and int led)
        {
            return led + Behind(points, led);
        }
        if ((kind & _letters) != 0 && EndsSmall(points, flags, at) is > 0 and int small)
        {
            return small + Behind(points, small);
        }
        // no lower-case letter in reach: only capitals
        int capitals = leads ? Capitals(points, flags, at + 1) : at;
        if (leads && capitals > at + 1)
        {
            return capitals + Behind(points, capitals);
        }
        if (Capitals(points, flags, at) is int end && end > at)
        {
            return end + Behind(points, end);
        }
        if ((kind & CodePointFlags.Number) != 0)
        {
            return RunOf(CodePointFlags.Number, digits < flags.Length - at ? flags[..(at + digits)] : flags, at);
        }
        int first = point == ' ' ? at + 1 : at;
        if (At(flags, first) is var other && other != 0 && (other & WordOrBlank) == 0)
        {
            end = RunWithout(WordOrBlank, flags, first);
            while (end < points.Length && points[end] is '\r' or '\n' or '/')
            {
                end++;
            }
            return end;
        }
        return Blanks(points, flags, at, newlinesEnd: true);
    }

    private int Behind(ReadOnlySpan<int> points, int at) => contractions ? Contraction(points, at, ignoreCase: true) : 0;

    // U*
    private int Capitals(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int at)
    {
        while (at < points.Length && (flags[at] & _letters) != 0 && !IsSmall(points[at]))
        {
            at++;
        }
        return at;
    }

    // U*l+, or -1. If no lower-case letter follows, U* gives back its last letter that is not upper case, which l+ then matches
    private int EndsSmall(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int at)
    {
        int end = Capitals(points, flags, at);
        if (end < points.Length && (flags[end] & _letters) != 0)
        {
            while (end < points.Length && (flags[end] & _letters) != 0 && !IsCapital(points[end]))
            {
                end++;
            }
            return end;
        }
        while (end > at && IsCapital(points[end - 1]))
        {
            end--;
        }
        return end > at ? end : -1;
    }

    private bool IsSmall(int point) =>
        point < 0x80 || !allCapitals ? point is >= 'a' and <= 'z' : CodePoints.Category(point) == UnicodeCategory.LowercaseLetter;

    private bool IsCapital(int point) =>
        point < 0x80 || !allCapitals ? point is >= 'A' and <= 'Z' : CodePoints.Category(point) is UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter;
}
