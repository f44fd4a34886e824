using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q2_K, 256 elements in 84 bytes, 16 groups g of 16: x = (d·s_g)·q − (dmin·m_g).
/// <code>
///   0  uint8  scales[16]  s in the low nibbles, m in the high ones
///  16  uint8  qs[64]      32 bytes for 128 elements; bits 0–1, 2–3, 4–5, 6–7 for elements 0–31, 32–63, 64–95, 96–127
///  80  half   d
///  82  half   dmin
/// </code>
/// </summary>
internal readonly struct Q2_K : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 84;

    public static int Group => 16;

    public static bool HasMinima => true;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)(block + 80);
        var dmin = (float)*(Half*)(block + 82);
        for (var i = 0; i < 256; i++)
        {
            var (half, j) = (i / 128, i % 128);
            float scale = d * (block[i / 16] & 15), min = dmin * (block[i / 16] >> 4);
            // Two roundings, as in Q4_K.
            var product = scale * (block[16 + half * 32 + j % 32] >> (j / 32 * 2) & 3);
            y[i] = product - min;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        var (d, dmin) = (halves[*(ushort*)(block + 80)], halves[*(ushort*)(block + 82)]);
        var both = Vector128.Load(block);
        Lanes256.StoreScaled((both & Vector128.Create((byte)15)).AsSByte(), d, scales);
        Lanes256.StoreScaled((both >> 4).AsSByte(), dmin, minima);
        var field = Vector256.Create((byte)3);
        for (var half = 0; half < 2; half++)
        {
            var qs = Vector256.Load(block + 16 + half * 32);
            var q = scratch + half * 128;
            (qs & field).AsSByte().Store(q);
            ((qs >> 2) & field).AsSByte().Store(q + 32);
            ((qs >> 4) & field).AsSByte().Store(q + 64);
            (qs >> 6).AsSByte().Store(q + 96);
        }
        return scratch;
    }
}
