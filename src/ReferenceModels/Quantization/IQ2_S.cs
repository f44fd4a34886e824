using System.Runtime.CompilerServices;

namespace ReferenceModels.Quantization;

/// <summary>
/// IQ2_S, 256 elements in 82 bytes, 16 groups g of 16: x = d·(½ + s_g)/4·(±p), p a coordinate of one of 1024 points in eight dimensions.
/// <code>
///  0  half   d
///  2  uint8  qs[32]      for each 8 elements the lower 8 bits of a point's index
/// 34  uint8  signs[32]   for each 8 elements, bit j set where element j is negative
/// 66  uint8  qh[8]       for each 32 elements the upper bits: 2k, 2k + 1 for the k-th 8
/// 74  uint8  scales[8]   s: even groups in low nibbles, odd ones in high nibbles
/// </code>
/// </summary>
internal readonly struct IQ2_S : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 82;

    public static int Group => 16;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    // Coordinates of points: 8, 25, 43.
    private static unsafe ulong* Points { get; } = (ulong*)Codebook.Expand(Gaps, [8, 25, 43], 8, 1024);

    private static ReadOnlySpan<byte> Gaps => """
        #$$$$$$$$$$$$&$$$$$$$&$$$$$$$&$(&&$$$$$$$$&$($$$&$$$$&$&$($$($($$$&$(*$$$$$&0&&&**$$$$$$$&$$$$$$$$$$$$$$$($$$$&$&$($$$$$
        $$$$&$&$$$$$$$&$($$$&$(,$$$$&0&$&$(,$(4$$$&$$$$&&$$$$$$$$&$(&*0$$($$$&*&$&$(,*4,$*&$,D.$$$$$$$&$$&$$$&$$$$$$$&$$&&$&$($$
        $$$$$$$$$$&$$$$$$$&$($$$&$2$&$&($(&($2$(4$$$&$$$$&$&$$$$$$$&$($$$&$(,$$$$$$$&$($$$&$(,$(4&$&$(,$(4<$$$$$&$&*$$$&$(,$:$$$
        &$(,$(28,(40J$$$&$$$$&&$$($$*(*&0$$($$(*$$($(,$(4*.&$&(:$2&$$$$&$&$($$$&$(,$(4&$&$(,$(0&>$(42H&($2$(<4$$(\8.>.$6$$$$$$$$
        $$$&$$$$$$$$$$$($(&$&$($$$&$$$$$$($$$$$$$&$($$$&$(,$($$$((&$&$(,$:$$$$$$$$$$$$&$$$$$$$&$($$$&$(,$$$$$$$&$($$$&$(*$$(4$$$
        &$(,$(48($&$$$$&$($$$&$(.(4$$$&$(,$(400$(4X$$$&$$$$$$$&$$$$$$$&$($$$&$2$$$$$$$&$($$$&$(,$(4&$&$(,$(2$>$$$$$$$&$($$$&$(,$
        (4$$$&$(,$(4>$(0&X$$$&$(,$(*,>$(4X2L6&$$&$$$&$(&$&$(.(4$$$&$(,$(420(40B*&$&$(,$(4>$(4*202d2$(J6.<vN*$$$&$&$&($($$$&*&($2
        $&$$$$&$($$$&$2$(2$&&$$2$(P$$$$$$$&*$$$&$(,$(4$$$&$(,$(4*6$(2$X&($2$(H*$:8V8$.4*$&$$$$(($$$&$(,$(4&($2$(*H$(4T&$$$&$(,$(
        400$(4L&*B2D$(0&V$D&~14&&&*($$(H(>8D(.&$@&$2&$(4D0(2~-V2TP6>$,$&F6
        """u8;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var k = 0; k < 32; k++)
        {
            var scale = d * (0.5f + (block[74 + k / 4] >> (k / 2 % 2 * 4) & 15)) * 0.25f;
            for (var j = 0; j < 8; j++)
            {
                var p = ((sbyte*)(Points + Index(block, k)))[j];
                y[8 * k + j] = scale * ((block[34 + k] >> j & 1) == 1 ? -p : p);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        var d = halves[*(ushort*)block];
        var points = Points;
        for (var k = 0; k < 8; k++)
        {
            scales[2 * k] = d * (0.5f + (block[74 + k] & 15)) * 0.25f;
            scales[2 * k + 1] = d * (0.5f + (block[74 + k] >> 4)) * 0.25f;
        }
        var q = (ulong*)scratch;
        for (var k = 0; k < 8; k++, q += 4)
        {
            byte* qs = block + 2 + 4 * k, signs = qs + 32;
            int qh = block[66 + k];
            q[0] = Signs.Apply(points[qs[0] | qh << 8 & 0x300], signs[0]);
            q[1] = Signs.Apply(points[qs[1] | qh << 6 & 0x300], signs[1]);
            q[2] = Signs.Apply(points[qs[2] | qh << 4 & 0x300], signs[2]);
            q[3] = Signs.Apply(points[qs[3] | qh << 2 & 0x300], signs[3]);
        }
        return scratch;
    }

    private static unsafe int Index(byte* block, int k) => block[2 + k] | (block[66 + k / 4] >> (k % 4 * 2) & 3) << 8;
}
