using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q5_1, 32 elements in 24 bytes: x = d·q + m.
/// <code>
///  0  half    d
///  2  half    m
///  4  uint32  qh       bit i: the fifth bit of element i
///  8  uint8   qs[16]   low nibbles: elements 0–15, high nibbles: elements 16–31
/// </code>
/// </summary>
internal readonly struct Q5_1 : IScaledBlock
{
    public static int Elements => 32;

    public static int Bytes => 24;

    public static int Group => 32;

    public static bool HasMinima => true;

    public static ActivationFormat Activations => ActivationFormat.Q8_1;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)((Half*)block)[0];
        var m = (float)((Half*)block)[1];
        var qh = *(uint*)(block + 4);
        for (var i = 0; i < 32; i++)
        {
            var q = block[8 + i % 16] >> (i / 16 * 4) & 15 | (int)(qh >> i & 1) << 4;
            // Two roundings, as in Q4_K.
            var product = q * d;
            y[i] = product + m;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        *scales = halves[*(ushort*)block];
        *minima = -halves[*(ushort*)(block + 2)];
        var fifth = Bits.Spread(*(uint*)(block + 4)) & Vector256.Create((byte)16);
        var qs = Vector128.Load(block + 8);
        (Vector256.Create(qs & Vector128.Create((byte)15), qs >> 4) | fifth).AsSByte().Store(scratch);
        return scratch;
    }
}
