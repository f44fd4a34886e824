using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// IQ1_M, 256 elements in 56 bytes, 16 groups g of 16: x = d·(2·s_g + 1)·(p ± ⅛), p a coordinate of one of the points of <see cref="IQ1_S"/>.
/// <code>
///  0  uint8   qs[32]      for each 8 elements the lower 8 bits of a point's index
/// 32  uint8   qh[16]      for each 8 elements a nibble, low ones first: the upper bits in bits 0–2, bit 3 set for −⅛
/// 48  uint16  scales[4]   s of 3 bits for four groups each, from bit 0 up; the upper nibbles, lowest first, form the half d
/// </code>
/// </summary>
internal readonly struct IQ1_M : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 56;

    public static int Group => 16;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)BitConverter.UInt16BitsToHalf(Scale(block));
        for (var i = 0; i < 256; i++)
        {
            var (g, k) = (i / 16, i / 8);
            var scale = d * (2 * (((ushort*)(block + 48))[g / 4] >> (3 * (g % 4)) & 7) + 1);
            var p = ((sbyte*)(IQ1_S.Points + Index(block, k)))[i % 8];
            y[i] = scale * (p / 8f + ((Nibble(block, k) & 8) != 0 ? -0.125f : 0.125f));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        // Eighths, as in IQ1_S.
        var d = halves[Scale(block)];
        var points = IQ1_S.Points;
        for (var k = 0; k < 4; k++, scales += 4)
        {
            int s = ((ushort*)(block + 48))[k];
            scales[0] = d * (2 * (s & 7) + 1) * 0.125f;
            scales[1] = d * (2 * (s >> 3 & 7) + 1) * 0.125f;
            scales[2] = d * (2 * (s >> 6 & 7) + 1) * 0.125f;
            scales[3] = d * (2 * (s >> 9 & 7) + 1) * 0.125f;
        }
        for (var k = 0; k < 8; k++)
        {
            var qs = block + 4 * k;
            int qh = ((ushort*)(block + 32))[k];
            var eighths = Vector256.Create(
                points[qs[0] | qh << 8 & 0x700], points[qs[1] | qh << 4 & 0x700], points[qs[2] | qh & 0x700], points[qs[3] | qh >> 4 & 0x700]).AsSByte();
            var shifts = Vector256.Create(Shift(qh >> 3), Shift(qh >> 7), Shift(qh >> 11), Shift(qh >> 15)).AsSByte();
            (eighths + shifts).Store(scratch + 32 * k);
        }
        return scratch;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe ushort Scale(byte* block)
    {
        var scales = (ushort*)(block + 48);
        return (ushort)(scales[0] >> 12 | scales[1] >> 12 << 4 | scales[2] >> 12 << 8 | scales[3] >> 12 << 12);
    }

    private static unsafe int Nibble(byte* block, int k) => block[32 + k / 2] >> (k % 2 * 4) & 15;

    private static unsafe int Index(byte* block, int k) => block[k] | (Nibble(block, k) & 7) << 8;

    // Eight bytes of 1, or of −1 where bit 0 is set; a branch would be mispredicted every other time.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Shift(int bit) => 0x01010101_01010101 | (ulong)-(long)(bit & 1);
}
