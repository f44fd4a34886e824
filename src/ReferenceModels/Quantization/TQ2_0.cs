using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// TQ2_0, 256 elements in 66 bytes: x = d·(q − 1).
/// <code>
///   0  uint8  qs[64]  32 bytes for 128 elements; bits 0–1, 2–3, 4–5, 6–7 for elements 0–31, 32–63, 64–95, 96–127
///  64  half   d
/// </code>
/// </summary>
internal readonly struct TQ2_0 : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 66;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)(block + 64);
        for (var i = 0; i < 256; i++)
        {
            var (half, j) = (i / 128, i % 128);
            y[i] = ((block[half * 32 + j % 32] >> (j / 32 * 2) & 3) - 1) * d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        Vector256.Create(halves[*(ushort*)(block + 64)]).Store(scales);
        var (field, one) = (Vector256.Create((byte)3), Vector256<sbyte>.One);
        for (var half = 0; half < 2; half++)
        {
            var qs = Vector256.Load(block + half * 32);
            var q = scratch + half * 128;
            ((qs & field).AsSByte() - one).Store(q);
            (((qs >> 2) & field).AsSByte() - one).Store(q + 32);
            (((qs >> 4) & field).AsSByte() - one).Store(q + 64);
            ((qs >> 6).AsSByte() - one).Store(q + 96);
        }
        return scratch;
    }
}
