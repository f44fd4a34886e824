using System.Runtime.CompilerServices;

namespace ReferenceModels.Quantization;

/// <summary>
/// IQ3_S, 256 elements in 110 bytes, 8 groups g of 32: x = d·(1 + 2·s_g)·(±p), p a coordinate of one of 512 points in four dimensions.
/// <code>
///   0  half   d
///   2  uint8  qs[64]      for each 4 elements the lower 8 bits of a point's index
///  66  uint8  qh[8]       for each 32 elements the ninth bits: k for the k-th 4
///  74  uint8  signs[32]   for each 8 elements, bit j set where element j is negative
/// 106  uint8  scales[4]   s: even groups in low nibbles, odd ones in high nibbles
/// </code>
/// </summary>
internal readonly struct IQ3_S : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 110;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    // Coordinates of points.
    private static unsafe uint* Points { get; } = (uint*)Codebook.Expand(Gaps, [1, 3, 5, 7, 9, 11, 13, 15], 4, 512);

    private static ReadOnlySpan<byte> Gaps => """
        ###%$###$$$#&('$%$$$'$)%%###$&#&%%&$&)/&'(#&$#%%%&%&(%$$$/%*(&%$)$%(&$/$&%-&$%((%(1,$.$&'(&$1'-%$031)$$.$&'/&6##$&#$$$#$
        )%$0$%+(#$%$&')%()$0($,%$#&((%,%,)%%#%((#&'3(-$'$/$)&$&7)%()$1I&%/$=$'$).&3(*#$$$#$$$%$&#$)$$%$/#%$%$(%&%%&%():%%,$')$,&
        ,%&$%&+$'$)(0-(+%)%&;%)'+/#-/*$',>&6&/$-'<)$$$%)$$'$%$,(*$$)'$/2,&$,(,$.;)&'$&#+$&(0*('&)3(&/)$-',,/55B$/$-E&((&%%))2,'$
        $)('((&6$''&,'1%(.'$'$)&E$4-#;.$,C;36:'--(;(&(0&%%.('$$')+B(+,'(/9'#1/'.((%.,.F.5$YB$0Y$$.$722)?84(-'(*.'1W010%;67=K$W&%
        +$.$.(2)-1$>%&(%)3;:%08&(':L2B9I
        """u8;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var i = 0; i < 256; i++)
        {
            var scale = d * (1 + 2 * (block[106 + i / 64] >> (i / 32 % 2 * 4) & 15));
            var p = ((sbyte*)(Points + Index(block, i / 4)))[i % 4];
            y[i] = scale * ((block[74 + i / 8] >> (i % 8) & 1) == 1 ? -p : p);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        var d = halves[*(ushort*)block];
        var points = Points;
        for (var k = 0; k < 4; k++)
        {
            scales[2 * k] = d * (1 + 2 * (block[106 + k] & 15));
            scales[2 * k + 1] = d * (1 + 2 * (block[106 + k] >> 4));
        }
        var q = (ulong*)scratch;
        for (var g = 0; g < 8; g++, q += 4)
        {
            byte* qs = block + 2 + 8 * g, signs = block + 74 + 4 * g;
            int qh = block[66 + g];
            q[0] = Signs.Apply(points[qs[0] | qh << 8 & 256] | (ulong)points[qs[1] | qh << 7 & 256] << 32, signs[0]);
            q[1] = Signs.Apply(points[qs[2] | qh << 6 & 256] | (ulong)points[qs[3] | qh << 5 & 256] << 32, signs[1]);
            q[2] = Signs.Apply(points[qs[4] | qh << 4 & 256] | (ulong)points[qs[5] | qh << 3 & 256] << 32, signs[2]);
            q[3] = Signs.Apply(points[qs[6] | qh << 2 & 256] | (ulong)points[qs[7] | qh << 1 & 256] << 32, signs[3]);
        }
        return scratch;
    }

    private static unsafe int Index(byte* block, int k) => block[2 + k] | (block[66 + k / 8] >> (k % 8) & 1) << 8;
}
