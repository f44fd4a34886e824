using System.Runtime.CompilerServices;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>The content of the brackets in a regular expression: categories and ranges. Blanks beyond ASCII are in
/// no range, because llama.cpp replaces them by an ASCII blank before it matches.</summary>
internal sealed class BracketExpression
{
    private readonly CodePointFlags _categories;
    private readonly int[] _bounds; // first, last, first, last, …, ascending

    /// <summary>Code points of some categories, or of some ranges written as pairs of characters: <c>"az09"</c>.</summary>
    public BracketExpression(CodePointFlags categories, string ranges = "")
    {
        _categories = categories;
        int[] bounds = [.. ranges.EnumerateRunes().Select(rune => rune.Value)];
        _bounds = [.. bounds.Chunk(2).OrderBy(pair => pair[0]).SelectMany(pair => pair)];
    }

    /// <summary>Whether a code point is in the set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(int point, CodePointFlags flags) =>
        (flags & _categories) != 0 || (_bounds.Length > 0 && ContainsRange(point, flags));

    private bool ContainsRange(int point, CodePointFlags flags)
    {
        if (point > 0x7F && (flags & CodePointFlags.Whitespace) != 0)
        {
            return false;
        }
        int found = Array.BinarySearch(_bounds, point);
        // in a range if it is a bound itself, or if the next bound is the last of a range
        return found >= 0 || (~found & 1) == 1;
    }
}
