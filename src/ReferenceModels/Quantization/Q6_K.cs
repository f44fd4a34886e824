using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q6_K, 256 elements in 210 bytes, 16 groups g of 16: x = (d·s_g)·(q − 32).
/// <code>
///    0  uint8  ql[128]     lower 4 bits: 64 bytes for 128 elements; low nibbles elements 0–63, high nibbles 64–127
///  128  uint8  qh[64]      upper 2 bits: 32 bytes for 128 elements; bits 0–1, 2–3, 4–5, 6–7 for elements 0–31, 32–63, 64–95, 96–127
///  192  int8   scales[16]  s
///  208  half   d
/// </code>
/// </summary>
internal readonly struct Q6_K : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 210;

    public static int Group => 16;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var scales = (sbyte*)(block + 192);
        var d = (float)*(Half*)(block + 208);
        for (var i = 0; i < 256; i++)
        {
            int half = i / 128, j = i % 128;
            var low = block[half * 64 + j % 64] >> (j / 64 * 4) & 15;
            var high = block[128 + half * 32 + j % 32] >> (j / 32 * 2) & 3;
            y[i] = d * scales[i / 16] * ((low | high << 4) - 32);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        // A byte with q's six bits on top and the highest of them flipped is 4 (q − 32), so scales of a quarter make up for it exactly.
        // Shifts of 16 bits, because AVX2 has none of bytes.
        Lanes256.StoreScaled(Vector128.Load((sbyte*)(block + 192)), 0.25f * halves[*(ushort*)(block + 208)], scales);
        var lower = Vector256.Create((byte)0x3C).AsUInt16();
        var upper = Vector256.Create((byte)0xC0).AsUInt16();
        for (var half = 0; half < 2; half++)
        {
            byte* ql = block + half * 64;
            var (even, odd) = (Vector256.Load(ql).AsUInt16(), Vector256.Load(ql + 32).AsUInt16());
            var qh = (Vector256.Load(block + 128 + half * 32) ^ Vector256.Create((byte)0xAA)).AsUInt16();
            var q = scratch + half * 128;
            (((even << 2) & lower) | ((qh << 6) & upper)).AsSByte().Store(q);
            (((odd << 2) & lower) | ((qh << 4) & upper)).AsSByte().Store(q + 32);
            (((even >> 2) & lower) | ((qh << 2) & upper)).AsSByte().Store(q + 64);
            (((odd >> 2) & lower) | (qh & upper)).AsSByte().Store(q + 96);
        }
        return scratch;
    }
}
