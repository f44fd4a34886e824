using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>GPT-2's words:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c> (openai/gpt-2, src/encoder.py).</summary>
internal sealed class Gpt2Words : WordSplitter
{
    /// <inheritdoc/>
    protected override int WordEnd(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int at)
    {
        if (Contraction(points, at, ignoreCase: false) is > 0 and int length)
        {
            return at + length;
        }
        int first = points[at] == ' ' ? at + 1 : at;
        CodePointFlags kind = At(flags, first);
        if ((kind & CodePointFlags.Letter) != 0)
        {
            return RunOf(CodePointFlags.Letter, flags, first);
        }
        if ((kind & CodePointFlags.Number) != 0)
        {
            return RunOf(CodePointFlags.Number, flags, first);
        }
        if (kind != 0 && (kind & CodePointFlags.Whitespace) == 0)
        {
            return RunWithout(WordOrBlank, flags, first);
        }
        return Blanks(points, flags, at, newlinesEnd: false);
    }
}
