using Engine;

namespace ReferenceModels.Ops;

/// <summary>
/// GELU as ggml's CPU backend computes it (ggml_vec_gelu_f32): the input is rounded to F16 and looked up in a table whose
/// entries are rounded to F16 too; beyond ±10 the result is 0 or x itself.
/// </summary>
/// <remarks>A step of F16 is 2⁻¹¹ of the value: the errors seen in ggml's GELU models come from this table, not from the formula.</remarks>
internal static class GeluTable
{
    private static readonly Lazy<float[]> Fused = new(() => Tabulate(fuses: true)), Plain = new(() => Tabulate(fuses: false));

    /// <summary>One row, (f), as a build of ggml computes it.</summary>
    public static void Forward(GgmlBuild build, ReadOnlySpan<float> x, Span<float> y)
    {
        ReadOnlySpan<float> values = (build.FusesMultiplyAdd ? Fused : Plain).Value;
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = x[i] switch
            {
                <= -10 => 0,
                >= 10 => x[i],
                _ => values[BitConverter.HalfToUInt16Bits((Half)x[i])],
            };
        }
    }

    private static float[] Tabulate(bool fuses)
    {
        var table = new float[1 << 16];
        for (int h = 0; h < table.Length; h++)
        {
            float x = (float)BitConverter.UInt16BitsToHalf((ushort)h);
            // ggml_gelu_f32 in its own order of operations. Only the entry for −1.9990234375 is so close to the midpoint
            // of two halves that builds without multiply-add get its neighbour.
            float cubic = 0.044715f * x, sum = fuses ? MathF.FusedMultiplyAdd(cubic, x, 1) : (cubic * x) + 1;
            float y = 0.5f * x * (1 + MathF.Tanh(0.79788456080286535588f * x * sum));
            table[h] = (float)(Half)y;
        }
        return table;
    }
}
