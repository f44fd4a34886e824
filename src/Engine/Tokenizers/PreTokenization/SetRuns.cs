using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>Cuts runs of some code points out of the text: <c>[set]+</c>, <c>\s?[set]+</c>, <c>[set]</c>, <c>[set]{3}</c>.</summary>
/// <param name="set">The code points.</param>
/// <param name="takesBlank">Whether a blank before the run belongs to it.</param>
/// <param name="minimum">The minimum number of code points in a match.</param>
/// <param name="maximum">The maximum number of code points in a match; a longer run gives several matches.</param>
internal sealed class SetRuns(BracketExpression set, bool takesBlank = false, int minimum = 1, int maximum = int.MaxValue) : Splitter
{
    /// <inheritdoc/>
    public override void Split(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int start, List<int> ends)
    {
        int done = start;
        for (int at = start; at < points.Length;)
        {
            int end = at;
            while (end < points.Length && end - at < maximum && set.Contains(points[end], flags[end]))
            {
                end++;
            }
            if (end == at || end - at < minimum)
            {
                at = end + 1;
                continue;
            }
            int first = takesBlank && at > done && (flags[at - 1] & CodePointFlags.Whitespace) != 0 ? at - 1 : at;
            if (first > done)
            {
                ends.Add(first);
            }
            ends.Add(end);
            at = done = end;
        }
        if (done < points.Length)
        {
            ends.Add(points.Length);
        }
    }
}
