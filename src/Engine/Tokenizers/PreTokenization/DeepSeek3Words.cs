using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>DeepSeek V3's words:
/// <c>[ASCII \p{P}\p{S}][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>;
/// what matches none of these stays together.</summary>
internal sealed class DeepSeek3Words : WordSplitter
{
    private const CodePointFlags Letters = CodePointFlags.Letter | CodePointFlags.Mark;
    private const CodePointFlags Signs = CodePointFlags.Punctuation | CodePointFlags.Symbol;

    /// <inheritdoc/>
    protected override int WordEnd(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int at)
    {
        int end = MatchEnd(points, flags, at);
        if (end > at)
        {
            return end;
        }
        while (++at < points.Length && MatchEnd(points, flags, at) == at)
        {
        }
        return at;
    }

    // The position itself if nothing matches.
    private static int MatchEnd(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int at)
    {
        int point = points[at];
        CodePointFlags kind = flags[at];
        if (point < 0x80 && (kind & Signs) != 0 && at + 1 < points.Length && IsAsciiLetter(points[at + 1]))
        {
            int end = at + 2;
            while (end < points.Length && IsAsciiLetter(points[end]))
            {
                end++;
            }
            return end;
        }
        bool leads = point is not ('\r' or '\n') && (kind & (CodePointFlags.Letter | Signs)) == 0;
        if (leads && (At(flags, at + 1) & Letters) != 0)
        {
            return RunOf(Letters, flags, at + 1);
        }
        if ((kind & Letters) != 0)
        {
            return RunOf(Letters, flags, at);
        }
        int first = point == ' ' ? at + 1 : at;
        if ((At(flags, first) & Signs) != 0)
        {
            int end = RunOf(Signs, flags, first);
            while (end < points.Length && points[end] is '\r' or '\n')
            {
                end++;
            }
            return end;
        }
        return Blanks(points, flags, at, newlinesEnd: true);
    }

    private static bool IsAsciiLetter(int point) => point is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z');
}
