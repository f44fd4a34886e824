using System.Runtime.CompilerServices;

namespace ReferenceModels.Quantization;

/// <summary>
/// IQ3_XXS, 256 elements in 98 bytes, 8 groups g of 32: x = d·(½ + s_g)/2·(±p), p a coordinate of one of 256 points in four dimensions.
/// <code>
///  0  half    d
///  2  uint8   qs[64]     a point for each 4 elements
/// 66  uint32  signs[8]   for each group s in bits 28–31; in bits 7k – 7k + 6 signs of the k-th 8 elements (<see cref="Signs.Even"/>)
/// </code>
/// </summary>
internal readonly struct IQ3_XXS : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 98;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    // Coordinates of points.
    private static unsafe uint* Points { get; } = (uint*)Codebook.Expand(Gaps, [4, 12, 20, 28, 36, 44, 52, 62], 4, 256);

    private static ReadOnlySpan<byte> Gaps => """
        #$$'$&#$)+;$&$'$)&%$)-.*$$')$)$&,(0&(#$-E56'-.$&(52U96&$702$'$)$'$$-#:$))$Q$'$))D($0+/2-&EJ&45.o0B$)$'$&%+A$$%$))=&#*$)(
        #$/#/6)&N&C0:6,=g$-9>)$)$7/'($0+-$=$'/7214_15((.=A47J76-0$.&o61#2(3@AG-C07o%$0T99*(29A0B*K?-&E*9qN0T2$0?B@GF(hCGSJ0T$$#4
        2N,L='8/07C2A$4f
        """u8;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var i = 0; i < 256; i++)
        {
            var bits = ((uint*)(block + 66))[i / 32];
            var scale = d * (0.5f + (bits >> 28)) * 0.5f;
            var signs = Signs.Even(bits >> (7 * (i / 8 % 4)) & 127);
            var p = ((sbyte*)(Points + block[2 + i / 4]))[i % 4];
            y[i] = scale * ((signs >> (i % 8) & 1) == 1 ? -p : p);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        var d = halves[*(ushort*)block];
        var points = Points;
        var q = (ulong*)scratch;
        for (var g = 0; g < 8; g++, q += 4)
        {
            var qs = block + 2 + 8 * g;
            var bits = ((uint*)(block + 66))[g];
            scales[g] = d * (0.5f + (bits >> 28)) * 0.5f;
            q[0] = Signs.Apply(points[qs[0]] | (ulong)points[qs[1]] << 32, Signs.Even(bits & 127));
            q[1] = Signs.Apply(points[qs[2]] | (ulong)points[qs[3]] << 32, Signs.Even(bits >> 7 & 127));
            q[2] = Signs.Apply(points[qs[4]] | (ulong)points[qs[5]] << 32, Signs.Even(bits >> 14 & 127));
            q[3] = Signs.Apply(points[qs[6]] | (ulong)points[qs[7]] << 32, Signs.Even(bits >> 21 & 127));
        }
        return scratch;
    }
}
