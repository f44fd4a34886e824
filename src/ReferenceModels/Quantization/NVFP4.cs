using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// NVFP4, 64 elements in 36 bytes, 4 groups g of 16: x = s_g·v[q] with the values v of <see cref="MXFP4"/>.
/// <code>
///  0  uint8  d[4]     2·s as an unsigned float, 4 bits of exponent (bias 7) and 3 of mantissa; 0x7F is 0
///  4  uint8  qs[32]   8 bytes for a group; low nibbles: elements 0–7, high nibbles: elements 8–15
/// </code>
/// </summary>
internal readonly struct NVFP4 : IScaledBlock
{
    public static int Elements => 64;

    public static int Bytes => 36;

    public static int Group => 16;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_0;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        for (var i = 0; i < 64; i++)
        {
            var (g, j) = (i / 16, i % 16);
            y[i] = MXFP4.Values[block[4 + g * 8 + j % 8] >> (j / 8 * 4) & 15] * Scale(block[g]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        for (var g = 0; g < 4; g++)
        {
            scales[g] = Scale(block[g]);
            var qs = *(ulong*)(block + 4 + g * 8);
            var nibbles = Vector128.Create(qs, qs >> 4).AsByte() & Vector128.Create((byte)15);
            Vector128.ShuffleNative(MXFP4.Values, nibbles.AsSByte()).Store(scratch + g * 16);
        }
        return scratch;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Scale(byte d)
    {
        var (exponent, mantissa) = (d >> 3 & 15, d & 7);
        return d == 0x7F ? 0
            : exponent == 0 ? mantissa * (1f / 1024)
            : BitConverter.Int32BitsToSingle((exponent + 119) << 23 | mantissa << 20);
    }
}
