using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class LayerNormTests
{
    private const double Epsilon = 1e-3;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(2048)]
    public void The_fast_forward_equals_the_naive_one_in_double(int d)
    {
        (double[] x, double[] g, double[] b) = (Doubles.Random(d, 1), Doubles.Random(d, 2, 1), Doubles.Random(d, 3));
        (float[] x32, float[] g32, float[] b32) = (x.ToFloats(), g.ToFloats(), b.ToFloats());
        var y = new float[d];
        LayerNorm.Forward(x32, g32, b32, (float)Epsilon, y);
        var expected = new double[d];
        LayerNorm.Naive<double>(x32.ToDoubles(), g32.ToDoubles(), b32.ToDoubles(), (float)Epsilon, expected);
        Doubles.AssertNear(expected, y, 2e-6); // six roundings of 2⁻²⁴, and those of two sums over 2048 in as few as four lanes: √512 each
    }

    [Fact]
    public void Without_gain_and_bias_the_rows_have_a_mean_of_zero_and_a_variance_of_one()
    {
        var y = new float[64];
        LayerNorm.Forward(Doubles.Random(64, 1, 3).ToFloats(), [], [], 0, y);
        Assert.Equal(0, y.Average(value => (double)value), 1e-6);
        Assert.Equal(1, y.Average(value => (double)value * value), 1e-6);
    }

    [Fact]
    public void A_row_far_from_zero_keeps_its_precision()
    {
        float[] x = [.. Enumerable.Range(0, 2048).Select(i => 1000 + (i % 7) / 8f)];
        float[] y = new float[x.Length];
        var expected = new double[x.Length];
        LayerNorm.Forward(x, [], [], 1e-5f, y);
        LayerNorm.Naive<double>(x.ToDoubles(), [], [], 1e-5f, expected);
        Doubles.AssertNear(expected, y, 2e-4); // the mean is rounded to a float, 6e-5 at 1000, over σ = 1/4
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_gradient_matches_central_differences(bool gained)
    {
        const int d = 9;
        (double[] x, double[] δy, double[] b) = (Doubles.Random(d, 1), Doubles.Random(d, 4), Doubles.Random(d, 3));
        double[] g = gained ? Doubles.Random(d, 2, 1) : [];
        double Loss()
        {
            var y = new double[d];
            LayerNorm.Naive<double>(x, g, b, Epsilon, y);
            return Doubles.Dot(y, δy);
        }
        (double[] δx, double[] δg, double[] δb) = (new double[d], new double[g.Length], new double[d]);
        LayerNorm.NaiveGradient<double>(x, g, Epsilon, δy, δx, δg, δb);
        Doubles.AssertNear(Doubles.Derivatives(x, Loss), δx, 1e-8);
        Doubles.AssertNear(Doubles.Derivatives(g, Loss), δg, 1e-8);
        Doubles.AssertNear(Doubles.Derivatives(b, Loss), δb, 1e-8);
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(9, false)]
    [InlineData(256, true)]
    public void The_fast_gradient_equals_the_naive_one_in_double_and_is_accumulated(int d, bool gained)
    {
        float[] x = Doubles.Random(d, 1).ToFloats(), δy = Doubles.Random(d, 4).ToFloats();
        float[] g = gained ? Doubles.Random(d, 2, 1).ToFloats() : [];
        float[] δx = Doubles.Random(d, 5).ToFloats(), δg = new float[g.Length], δb = new float[d];
        (double[] δx64, double[] δg64, double[] δb64) = (δx.ToDoubles(), new double[g.Length], new double[d]);
        LayerNorm.Gradient(x, g, (float)Epsilon, δy, δx, δg, δb);
        LayerNorm.NaiveGradient<double>(x.ToDoubles(), g.ToDoubles(), (float)Epsilon, δy.ToDoubles(), δx64, δg64, δb64);
        Doubles.AssertNear(δx64, δx, 2e-6);
        Doubles.AssertNear(δg64, δg, 2e-6);
        Doubles.AssertNear(δb64, δb, 2e-6);
    }
}
