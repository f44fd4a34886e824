using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>Cuts off the blanks at the end: <c>\s+$</c>.</summary>
internal sealed class TrailingBlanks : Splitter
{
    /// <inheritdoc/>
    public override void Split(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int start, List<int> ends)
    {
        int text = points.Length;
        while (text > start && (flags[text - 1] & CodePointFlags.Whitespace) != 0)
        {
            text--;
        }
        if (text > start)
        {
            ends.Add(text);
        }
        if (text < points.Length)
        {
            ends.Add(points.Length);
        }
    }
}
