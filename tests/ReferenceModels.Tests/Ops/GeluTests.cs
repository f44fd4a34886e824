using Engine;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Quantization;

namespace ReferenceModels.Tests.Ops;

public sealed class GeluTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(173)]
    public void The_fast_forward_equals_the_naive_one_in_double(int f)
    {
        float[] x = Doubles.Random(f, 1).Select(value => (float)(12 * value)).ToArray(), y = new float[f];
        Gelu.Forward(x, y);
        var expected = new double[f];
        Gelu.Naive<double>(x.ToDoubles(), expected);
        Doubles.AssertNear(expected, y, 1e-6);
    }

    [Fact]
    public void The_gradient_matches_central_differences()
    {
        (double[] x, double[] δy) = ([.. Doubles.Random(40, 1).Select(value => 6 * value)], Doubles.Random(40, 3));
        double Loss()
        {
            var y = new double[40];
            Gelu.Naive<double>(x, y);
            return Doubles.Dot(y, δy);
        }
        var δx = new float[40];
        Gelu.Gradient(x.ToFloats(), δy.ToFloats(), δx);
        Doubles.AssertNear(Doubles.Derivatives(x, Loss), δx, 1e-6);
    }

    [Fact]
    public void The_gradients_of_gate_and_gated_values_match_central_differences()
    {
        (double[] g, double[] u, double[] δy) = (Doubles.Random(8, 1), Doubles.Random(8, 2), Doubles.Random(8, 3));
        double Loss()
        {
            var y = new double[8];
            GeGlu.Naive<double>(g, u, y);
            return Doubles.Dot(y, δy);
        }
        (float[] δg, float[] δu) = (new float[8], new float[8]);
        GeGlu.Gradient(g.ToFloats(), u.ToFloats(), δy.ToFloats(), δg, δu);
        Doubles.AssertNear(Doubles.Derivatives(g, Loss), δg, 1e-6);
        Doubles.AssertNear(Doubles.Derivatives(u, Loss), δu, 1e-6);
    }

    [Fact]
    public void In_ggml_arithmetic_every_half_gives_the_bits_of_ggml()
    {
        foreach (GgmlCpu build in GgmlCpu.Builds)
        {
            Assert.Equal(0, Different(build, Halves));
        }
    }

    [Fact]
    public void In_ggml_arithmetic_a_value_between_two_halves_is_rounded_first() =>
        Assert.Equal(0, Different(GgmlCpu.Builds[0], [.. Halves.Select(half => half * 1.0007f)]));

    [Fact]
    public void The_two_arithmetics_differ_by_one_step_of_F16()
    {
        float[] x = Doubles.Random(4096, 5).Select(value => (float)(9.9 * value)).ToArray(), exact = new float[4096], ggml = new float[4096];
        Gelu.Forward(Arithmetic.Exact, x, exact);
        Gelu.Forward(Arithmetic.Ggml, x, ggml);
        Assert.NotEqual(exact, ggml);
        for (int i = 0; i < x.Length; i++)
        {
            // Half a step for the input times the largest slope 1.13, half a step for the output; subnormal halves 2^-24 apart.
            float step = MathF.ScaleB(MathF.Abs(x[i]), -11);
            Assert.InRange(MathF.Abs(exact[i] - ggml[i]), 0, 1.13f * step + MathF.ScaleB(MathF.Abs(exact[i]), -11) + MathF.ScaleB(1, -24));
        }
    }

    private static float[] Halves =>
        [.. Enumerable.Range(0, 65536).Select(h => (float)BitConverter.UInt16BitsToHalf((ushort)h)).Where(float.IsFinite)];

    private static int Different(GgmlCpu build, float[] x)
    {
        var y = new float[x.Length];
        GeluTable.Forward(build.Build, x, y);
        return build.Gelu(x).Zip(y, (expected, found) => expected.Equals(found) ? 0 : 1).Sum();
    }
}
