using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Quantization;
using ReferenceModels.Tests.Quantization;

namespace ReferenceModels.Tests.Ops;

/// <summary>ggml itself is the judge of the arithmetic named after it: the same product of the same weight and the same activations.</summary>
public class LinearGgmlTests
{
    private const int Columns = 1024;
    private const int Rows = 64;

    public static TheoryData<GgmlType> Types => [.. BlockFormat.All.Select(format => format.Type).Except([GgmlType.F32])];

    [Theory, MemberData(nameof(Types))]
    public void A_product_is_ten_thousand_times_closer_to_every_build_of_ggml_than_in_exact_arithmetic(GgmlType type)
    {
        using var weight = new FrozenWeight(type, Rows, Columns);
        using var workers = new Workers(1);
        // One token, fewer than the four that the repacked kernels process together, four, and more.
        foreach (var T in new[] { 1, 3, 4, 9 })
        {
            var x = Activations(T * Columns, T);
            float[] exact = new float[T * Rows], ggml = new float[T * Rows];
            Linear.Forward(Arithmetic.Exact, weight.Weight, x, exact, workers);
            foreach (var build in GgmlCpu.Builds)
            {
                Linear.Forward(build.Build, weight.Weight, x, ggml, workers);
                foreach (var repacked in new[] { false, true })
                {
                    if (build.Multiply(type, weight.Blocks, Columns, Rows, x, repacked) is { } native)
                    {
                        // Measured: 5e5 times for F16, 1e8 for BF16 and 1e9 for all others, for which the order of sums costs 1e-14.
                        var (far, near) = (Nmse(exact, native), Nmse(ggml, native));
                        Assert.True(1e4 * near <= far, $"{type} on {build}, {T} tokens, repacked {repacked}: exact {far:E1}, ggml {near:E1}");
                    }
                }
            }
        }
    }

    [Theory, InlineData(GgmlType.Q5_1), InlineData(GgmlType.Q4_K), InlineData(GgmlType.F16)]
    public void The_number_of_threads_changes_no_bit(GgmlType type)
    {
        using var weight = new FrozenWeight(type, Rows, Columns);
        using var one = new Workers(1);
        using var four = new Workers(4);
        float[] x = Activations(9 * Columns, 3), alone = new float[9 * Rows], together = new float[9 * Rows];
        Linear.Forward(Arithmetic.Ggml, weight.Weight, x, alone, one);
        Linear.Forward(Arithmetic.Ggml, weight.Weight, x, together, four);
        Assert.Equal(alone, together);
    }

    [Theory, InlineData(GgmlType.Q8_0), InlineData(GgmlType.Q4_1), InlineData(GgmlType.Q6_K), InlineData(GgmlType.BF16)]
    public void NaN_activations_stay_NaN_and_tiny_ones_become_zero(GgmlType type)
    {
        using var weight = new FrozenWeight(type, Rows, Columns);
        using var workers = new Workers(1);
        float[] x = new float[2 * Columns], y = new float[2 * Rows];
        (x[0], x[Columns]) = (float.Epsilon, float.NaN);
        Linear.Forward(Arithmetic.Ggml, weight.Weight, x, y, workers);
        Assert.All(y[..Rows], value => Assert.InRange(Math.Abs(value), 0, 1e-40f));
        Assert.All(y[Rows..], value => Assert.True(float.IsNaN(value)));
    }

    // Of ordinary size with a few outliers, as in the residual stream.
    private static float[] Activations(int n, int seed) =>
        [.. Numbers.Doubles(n, seed).Select((v, i) => (float)(v * Math.Abs(v) * (i % 97 == 0 ? 8 : 1)))];

    private static double Nmse(float[] a, float[] b) =>
        a.Zip(b, (p, q) => Math.Pow((double)p - q, 2)).Sum() / b.Sum(v => (double)v * v);
}
