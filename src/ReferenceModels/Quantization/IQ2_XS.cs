using System.Runtime.CompilerServices;

namespace ReferenceModels.Quantization;

/// <summary>
/// IQ2_XS, 256 elements in 74 bytes, 16 groups g of 16: x = d·(½ + s_g)/4·(±p), p a coordinate of one of 512 points in eight dimensions.
/// <code>
///  0  half    d
///  2  uint16  qs[32]      for each 8 elements a point in bits 0–8 and signs in bits 9–15 (<see cref="Signs.Even"/>)
/// 66  uint8   scales[8]   s: even groups in low nibbles, odd ones in high nibbles
/// </code>
/// </summary>
internal readonly struct IQ2_XS : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 74;

    public static int Group => 16;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    // Coordinates of points: 8, 25, 43.
    private static unsafe ulong* Points { get; } = (ulong*)Codebook.Expand(Gaps, [8, 25, 43], 8, 512);

    private static ReadOnlySpan<byte> Gaps => """
        #$$$$$$$$$$$$&$$$$$$$&$($$$&$&$,$$$$$$$$$$($$$&$((&$(4$$$&$(,$(&0*6$$$$$$$&$($$$&$$&,$(4$$$&$(,$(,*>$(0&$>:$$$$$$(&($((.
        4*$$(4>(64(N&,$$$$$$$&$($$$&$(*$$(4$$$&$(,$(4.$0$$&44F$$$&$(,$&$.(>$(4X.8R$($2.68&PfL$$$$$$$(,$(44,$(4(2B6D:&$(2$X>,B.2^
        &($,860\.:.H&$6$$$$$$$&$($$$$$$(&($(4$$$&$(,$(4&2*$($0$X$$$&$&$,$(4.2$(.(N,*8(P$(4&**D,6(2Bp$$$&$((&$(4>$(&0$V@T$$(,*4,4
        *(R(JB8*.2*D>,$~5:$(4.*.6$~-0@20n4&NzVTbD*D$$$&$(*$$(4$8$$$$&4,(H4F$2(&$($$0426@P6H>(28,$8*~'D(*,&$(402:6>l66&<((bH$N|JH
        ^BF$&$,*PP(D&$&6>4FJ~W66,$&R((X$P$H2
        """u8;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var k = 0; k < 32; k++)
        {
            var scale = d * (0.5f + (block[66 + k / 4] >> (k / 2 % 2 * 4) & 15)) * 0.25f;
            uint qs = ((ushort*)(block + 2))[k];
            var signs = Signs.Even(qs >> 9);
            for (var j = 0; j < 8; j++)
            {
                var p = ((sbyte*)(Points + (qs & 511)))[j];
                y[8 * k + j] = scale * ((signs >> j & 1) == 1 ? -p : p);
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
            scales[2 * k] = d * (0.5f + (block[66 + k] & 15)) * 0.25f;
            scales[2 * k + 1] = d * (0.5f + (block[66 + k] >> 4)) * 0.25f;
        }
        for (var k = 0; k < 32; k++)
        {
            uint qs = ((ushort*)(block + 2))[k];
            ((ulong*)scratch)[k] = Signs.Apply(points[qs & 511], Signs.Even(qs >> 9));
        }
        return scratch;
    }
}
