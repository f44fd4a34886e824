using System.Runtime.CompilerServices;

namespace ReferenceModels.Quantization;

/// <summary>
/// IQ2_XXS, 256 elements in 66 bytes, 8 groups g of 32: x = d·(½ + s_g)/4·(±p), p a coordinate of one of 256 points in eight dimensions.
/// <code>
///  0  half    d
///  2  uint8   index[4]   of group 0: a point for each 8 elements
///  6  uint32  of group 0: s in bits 28–31; in bits 7k – 7k + 6 signs of the k-th 8 elements (<see cref="Signs.Even"/>)
/// 10  the same for groups 1–7
/// </code>
/// </summary>
internal readonly struct IQ2_XXS : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 66;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    // Coordinates of points: 8, 25, 43.
    private static unsafe ulong* Points { get; } = (ulong*)Codebook.Expand(Gaps, [8, 25, 43], 8, 256);

    private static ReadOnlySpan<byte> Gaps => """
        #$$$$$$($&$$$((&$($(.*$(&0@..$4F<$(,$($&.,$(.($&.06$,:$4@4(&$(.&$($8::Z,h$(,*4.(&0(.4*,R,T(.&.6LBD0f$(4><&fPN$(82*$T*R$r
        $(40J>6~':.R~EV$((&$((*&,$(44>*&:*:*,@(.F28,^t$(4&TL&,ZB4(&($F(:<Phr$:lHL,(B^^p(4:@JZ@F&x$P~M~~B$(6>>..bj$(&04FBD864Htzl
        (.(P8J\T6,z~{N~YD8@l~'~~tR
        """u8;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var k = 0; k < 32; k++)
        {
            var group = block + 2 + k / 4 * 8;
            var bits = *(uint*)(group + 4);
            var scale = d * (0.5f + (bits >> 28)) * 0.25f;
            var signs = Signs.Even(bits >> (7 * (k % 4)) & 127);
            for (var j = 0; j < 8; j++)
            {
                var p = ((sbyte*)(Points + group[k % 4]))[j];
                y[8 * k + j] = scale * ((signs >> j & 1) == 1 ? -p : p);
            }
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
            var group = block + 2 + 8 * g;
            var bits = *(uint*)(group + 4);
            scales[g] = d * (0.5f + (bits >> 28)) * 0.25f;
            q[0] = Signs.Apply(points[group[0]], Signs.Even(bits & 127));
            q[1] = Signs.Apply(points[group[1]], Signs.Even(bits >> 7 & 127));
            q[2] = Signs.Apply(points[group[2]], Signs.Even(bits >> 14 & 127));
            q[3] = Signs.Apply(points[group[3]], Signs.Even(bits >> 21 & 127));
        }
        return scratch;
    }
}
