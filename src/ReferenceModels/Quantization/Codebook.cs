using System.Runtime.InteropServices;

namespace ReferenceModels.Quantization;

/// <summary>
/// The points that a format's indices choose from. A point's coordinates are small numbers from a few levels; read as digits,
/// the first the lowest, they make the point's number, and the points come in the order of their numbers. So a codebook is
/// kept as the gaps between one number and the next, a character each.
/// </summary>
/// <remarks>The points themselves are those of ggml-common.h, chosen there from lattices by their frequency in real weights:
/// no rule makes them.</remarks>
internal static unsafe class Codebook
{
    // '#' is a gap of 1, '}' one of 91; '~' adds 91 to the gap of the next character. Line breaks mean nothing.
    private const byte Zero = (byte)'"';
    private const byte Longer = (byte)'~';
    private const int LongestGap = Longer - 1 - Zero;

    /// <summary>The points one after the other, a byte for each coordinate, in memory that is never freed.</summary>
    /// <param name="gaps">The gaps; the first is the first number plus 1.</param>
    /// <param name="levels">What the digits stand for.</param>
    /// <param name="digits">Coordinates of a point.</param>
    /// <param name="points">Points there are.</param>
    public static byte* Expand(ReadOnlySpan<byte> gaps, ReadOnlySpan<sbyte> levels, int digits, int points)
    {
        var table = (sbyte*)NativeMemory.AlignedAlloc((nuint)(points * digits), 64);
        var number = -1;
        var at = table;
        foreach (var gap in gaps)
        {
            number += gap == Longer ? LongestGap : Math.Max(gap - Zero, 0);
            if (gap is > Zero and < Longer)
            {
                for (int digit = 0, rest = number; digit < digits; digit++, rest /= levels.Length)
                {
                    *at++ = levels[rest % levels.Length];
                }
            }
        }

        return (byte*)table;
    }
}
