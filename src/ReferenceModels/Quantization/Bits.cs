using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>Expands bits to bytes: a mask for each element of a group.</summary>
internal static class Bits
{
    /// <summary>Byte i is all ones where bit i is set, else zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Spread(uint bits)
    {
        // Copy into each byte the byte that holds its bit, then test that bit.
        var bytes = Vector256.Shuffle(
            Vector256.Create(bits).AsByte(),
            Vector256.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19));
        var bit = Vector256.Create(0x80402010_08040201).AsByte();
        return Vector256.Equals(bytes & bit, bit);
    }
}
