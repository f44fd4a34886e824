using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q4_K, 256 elements in 144 bytes, 8 groups g of 32: x = (d·s_g)·q − (dmin·m_g).
/// <code>
///   0  half   d
///   2  half   dmin
///   4  uint8  scales[12]  8 scales s and 8 minima m of 6 bits (<see cref="SixBitScales"/>)
///  16  uint8  qs[128]     32 bytes for two groups: low nibbles the even one, high nibbles the odd one
/// </code>
/// </summary>
internal readonly struct Q4_K : IByteBlock
{
    public static int Elements => 256;

    public static int Bytes => 144;

    public static int Group => 32;

    public static bool HasMinima => true;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static int Largest => 15;

    public static int Zero => 0;

    public static int PackedOffset => 16;

    public static int PackedBytes => 128;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)((Half*)block)[0];
        var dmin = (float)((Half*)block)[1];
        for (var g = 0; g < 8; g++)
        {
            var (s, m) = SixBitScales.At(block + 4, g);
            float scale = d * s, min = dmin * m;
            var qs = block + 16 + g / 2 * 32;
            for (var i = 0; i < 32; i++)
            {
                // Two roundings, as in ggml's baseline build: a fused multiply-add would differ in the last bit.
                var product = scale * ((qs[i] >> (g % 2 * 4)) & 15);
                y[g * 32 + i] = product - min;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        SixBitScales.Unpack(block, halves, scales, minima);
        if (Vector512.IsHardwareAccelerated)
        {
            UnpackPairs(block + 16, scratch);
            UnpackPairs(block + 80, scratch + 128);
            return scratch;
        }
        var nibble = Vector256.Create((byte)15);
        for (var pair = 0; pair < 4; pair++)
        {
            var qs = Vector256.Load(block + 16 + pair * 32);
            (qs & nibble).AsSByte().Store(scratch + pair * 64);
            (qs >> 4).AsSByte().Store(scratch + pair * 64 + 32);
        }
        return scratch;
    }

    // Two pairs of groups.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void UnpackPairs(byte* qs, sbyte* scratch)
    {
        var both = Vector512.Load(qs);
        Vector512<sbyte> even = (both & Vector512.Create((byte)15)).AsSByte(), odd = (both >> 4).AsSByte();
        even.GetLower().Store(scratch);
        odd.GetLower().Store(scratch + 32);
        even.GetUpper().Store(scratch + 64);
        odd.GetUpper().Store(scratch + 96);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe (float Scale, float Minimum) Factors(byte* block, float* halves) => (halves[*(ushort*)block], halves[*(ushort*)(block + 2)]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Scales(byte* block, int* scales, short* minima) => SixBitScales.Integers(block, scales, minima);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Expand(byte* packed, nint piece, byte* q, nint ldq)
    {
        var nibble = Vector256.Create((byte)15);
        for (var pair = 0; pair < 4; pair++)
        {
            var qs = Vector256.Load(packed + pair * piece);
            (qs & nibble).Store(q + 2 * pair * ldq);
            (qs >> 4).Store(q + (2 * pair + 1) * ldq);
        }
    }
}
