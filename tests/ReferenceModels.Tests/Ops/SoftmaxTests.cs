using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class SoftmaxTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(1000)]
    public void The_fast_forward_equals_the_naive_one_in_double(int n)
    {
        float[] x = Doubles.Random(n, 1).Select(value => (float)(20 * value)).ToArray();
        double[] expected = x.ToDoubles();
        Softmax.Naive<double>(expected);
        Softmax.Forward(x);
        Doubles.AssertNear(expected, x, 1e-6);
    }

    [Fact]
    public void Large_inputs_do_not_overflow()
    {
        float[] x = [1e30f, 1e30f, -1e30f];
        Softmax.Forward(x);
        Assert.Equal([0.5f, 0.5f, 0f], x);
    }

    [Fact]
    public void The_gradient_matches_central_differences()
    {
        double[] x = Doubles.Random(6, 1), δp = Doubles.Random(6, 2);
        double[] expected = Doubles.Derivatives(x, () =>
        {
            double[] p = [.. x];
            Softmax.Naive<double>(p);
            return Doubles.Dot(p, δp);
        });
        float[] probabilities = x.ToFloats(), δx = new float[6];
        Softmax.Forward(probabilities);
        Softmax.Gradient(probabilities, δp.ToFloats(), δx);
        Doubles.AssertNear(expected, δx, 1e-6);
    }
}
