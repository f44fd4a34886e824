using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class SwiGluTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(173)]
    public void The_fast_forward_equals_the_naive_one_in_double(int f)
    {
        float[] g = Doubles.Random(f, 1).Select(value => (float)(30 * value)).ToArray(), u = Doubles.Random(f, 2).ToFloats(), y = new float[f];
        SwiGlu.Forward(g, u, y);
        var expected = new double[f];
        SwiGlu.Naive<double>(g.ToDoubles(), u.ToDoubles(), expected);
        Doubles.AssertNear(expected, y, 1e-6);
    }

    [Fact]
    public void The_gradient_matches_central_differences()
    {
        (double[] g, double[] u, double[] δy) = (Doubles.Random(8, 1), Doubles.Random(8, 2), Doubles.Random(8, 3));
        double Loss()
        {
            var y = new double[8];
            SwiGlu.Naive<double>(g, u, y);
            return Doubles.Dot(y, δy);
        }
        (float[] δg, float[] δu) = (new float[8], new float[8]);
        SwiGlu.Gradient(g.ToFloats(), u.ToFloats(), δy.ToFloats(), δg, δu);
        Doubles.AssertNear(Doubles.Derivatives(g, Loss), δg, 1e-6);
        Doubles.AssertNear(Doubles.Derivatives(u, Loss), δu, 1e-6);
    }
}
