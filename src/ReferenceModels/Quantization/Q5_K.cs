using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q5_K, 256 elements in 176 bytes, 8 groups g of 32: x = (d·s_g)·q − (dmin·m_g).
/// <code>
///   0  half   d
///   2  half   dmin
///   4  uint8  scales[12]  8 scales s and 8 minima m of 6 bits (<see cref="SixBitScales"/>)
///  16  uint8  qh[32]      bit g of byte i: the fifth bit of element i of group g
///  48  uint8  qs[128]     32 bytes for two groups: low nibbles the even one, high nibbles the odd one
/// </code>
/// </summary>
internal readonly struct Q5_K : IByteBlock
{
    public static int Elements => 256;

    public static int Bytes => 176;

    public static int Group => 32;

    public static bool HasMinima => true;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static int Largest => 31;

    public static int Zero => 0;

    public static int PackedOffset => 16;

    public static int PackedBytes => 160;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)((Half*)block)[0];
        var dmin = (float)((Half*)block)[1];
        var qh = block + 16;
        for (var g = 0; g < 8; g++)
        {
            var (s, m) = SixBitScales.At(block + 4, g);
            float scale = d * s, min = dmin * m;
            var qs = block + 48 + g / 2 * 32;
            for (var i = 0; i < 32; i++)
            {
                var q = ((qs[i] >> (g % 2 * 4)) & 15) | (((qh[i] >> g) & 1) << 4);
                // Two roundings, as in Q4_K.
                var product = scale * q;
                y[g * 32 + i] = product - min;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        SixBitScales.Unpack(block, halves, scales, minima);
        var nibble = Vector256.Create((byte)15);
        var fifth = Vector256.Create((byte)16);
        var qh = Vector256.Load(block + 16);
        for (var pair = 0; pair < 4; pair++, qh >>= 2)
        {
            var qs = Vector256.Load(block + 48 + pair * 32);
            ((qs & nibble) | ((qh << 4) & fifth)).AsSByte().Store(scratch + pair * 64);
            ((qs >> 4) | ((qh << 3) & fifth)).AsSByte().Store(scratch + pair * 64 + 32);
        }
        return scratch;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe (float Scale, float Minimum) Factors(byte* block, float* halves) => (halves[*(ushort*)block], halves[*(ushort*)(block + 2)]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Scales(byte* block, int* scales, short* minima) => SixBitScales.Integers(block, scales, minima);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Expand(byte* packed, nint piece, byte* q, nint ldq)
    {
        var nibble = Vector256.Create((byte)15);
        var fifth = Vector256.Create((byte)16);
        var qh = Vector256.Load(packed).AsUInt16();
        for (var pair = 0; pair < 4; pair++, qh >>= 2)
        {
            var qs = Vector256.Load(packed + (pair + 1) * piece);
            ((qs & nibble) | ((qh << 4).AsByte() & fifth)).Store(q + 2 * pair * ldq);
            ((qs >> 4) | ((qh << 3).AsByte() & fifth)).Store(q + (2 * pair + 1) * ldq);
        }
    }
}
