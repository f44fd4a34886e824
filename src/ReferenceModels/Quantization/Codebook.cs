using System.Runtime.InteropServices;

namespace ReferenceModels.Quantization;

/// <summary>
/// The points that a format's indices select. A point's coordinates each have one of a few small values; read as digits, lowest
/// first, they form the point's number, and the points are sorted by number. So a codebook is stored as the gaps between
/// consecutive numbers, one character each.
/// </summary>
/// <remarks>The points are those of ggml-common.h, chosen there from lattices by their frequency in real weights, so no formula
/// generates them.</remarks>
internal static unsafe class Codebook
{
    // '#' is a gap of 1, '}' one of 91; '~' adds 91 to the gap of the next character. Line breaks are ignored.
    private const byte Zero = (byte)'"';
    private const byte Longer = (byte)'~';
    private const int LongestGap = Longer - 1 - Zero;

    /// <summary>Writes the points one after another, a byte per coordinate, into memory that is never freed.</summary>
    /// <param name="gaps">The gaps; the first is the first number plus 1.</param>
    /// <param name="levels">The value of each digit.</param>
    /// <param name="digits">Coordinates per point.</param>
    /// <param name="points">Number of points.</param>
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
