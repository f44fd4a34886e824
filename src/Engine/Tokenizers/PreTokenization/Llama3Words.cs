using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>The words of Llama 3, Qwen 2 and many after them:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.</summary>
/// <param name="digits">n: three for Llama 3, one for Qwen 2.</param>
/// <param name="marks">Whether combining marks count as letters, as in Qwen 3.5.</param>
/// <param name="contractions">Whether English contractions are separate words.</param>
internal sealed class Llama3Words(int digits, bool marks = false, bool contractions = true) : WordSplitter
{
    private readonly CodePointFlags _letters = marks ? CodePointFlags.Letter | CodePointFlags.Mark : CodePointFlags.Letter;

    /// <inheritdoc/>
    protected override int WordEnd(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int at)
    {
        if (contractions && Contraction(points, at, ignoreCase: true) is > 0 and int length)
        {
            return at + length;
        }
        int point = points[at];
        CodePointFlags kind = flags[at];
        if ((kind & CodePointFlags.Number) != 0)
        {
            return RunOf(CodePointFlags.Number, digits < flags.Length - at ? flags[..(at + digits)] : flags, at);
        }
        if (point is not ('\r' or '\n') && ((kind | At(flags, at + 1)) & _letters) != 0)
        {
            return RunOf(_letters, flags, at + 1);
        }
        int first = point == ' ' ? at + 1 : at;
        CodePointFlags others = WordOrBlank | _letters;
        if ((At(flags, first) & others) == 0)
        {
            int end = RunWithout(others, flags, first);
            while (end < points.Length && points[end] is '\r' or '\n')
            {
                end++;
            }
            return end;
        }
        return Blanks(points, flags, at, newlinesEnd: true);
    }
}
