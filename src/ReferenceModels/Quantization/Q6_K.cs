using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
internal readonly struct Q6_K : IByteBlock
{
    public static int Elements => 256;

    public static int Bytes => 210;

    public static int Group => 16;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static int Largest => 63;

    public static int Zero => 32;

    public static int PackedOffset => 0;

    public static int PackedBytes => 192;

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe (float Scale, float Minimum) Factors(byte* block, float* halves) => (halves[*(ushort*)(block + 208)], 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Scales(byte* block, int* scales, short* minima)
    {
        var s = Avx2.ConvertToVector256Int16((sbyte*)(block + 192));
        s.Store(minima);
        // Within each half of the register: the first four twice, the last four twice.
        var (low, high) = (Avx2.UnpackLow(s, s).AsInt32(), Avx2.UnpackHigh(s, s).AsInt32());
        Avx2.Permute2x128(low, high, 0x20).Store(scales);
        Avx2.Permute2x128(low, high, 0x31).Store(scales + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Expand(byte* packed, nint piece, byte* q, nint ldq)
    {
        var lower = Vector256.Create((byte)0x0F).AsUInt16();
        var upper = Vector256.Create((byte)0x30).AsUInt16();
        for (var half = 0; half < 2; half++)
        {
            var (even, odd) = (Vector256.Load(packed + 2 * half * piece).AsUInt16(), Vector256.Load(packed + (2 * half + 1) * piece).AsUInt16());
            var qh = Vector256.Load(packed + (4 + half) * piece).AsUInt16();
            byte* to = q + 4 * half * ldq;
            ((even & lower) | ((qh << 4) & upper)).AsByte().Store(to);
            ((odd & lower) | ((qh << 2) & upper)).AsByte().Store(to + ldq);
            (((even >> 4) & lower) | (qh & upper)).AsByte().Store(to + 2 * ldq);
            (((odd >> 4) & lower) | ((qh >> 2) & upper)).AsByte().Store(to + 3 * ldq);
        }
    }
}
