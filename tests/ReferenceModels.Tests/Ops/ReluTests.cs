using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class ReluTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(173)]
    public void The_fast_forward_equals_the_naive_one(int f)
    {
        float[] x = Doubles.Random(f, 1).ToFloats(), y = new float[f], expected = new float[f];
        Relu.Forward(x, y);
        Relu.Naive<float>(x, expected);
        Assert.Equal(expected, y);
    }

    [Fact]
    public void The_gradient_matches_central_differences_and_is_accumulated()
    {
        (double[] x, double[] δy) = (Doubles.Random(40, 1), Doubles.Random(40, 3));
        double Loss()
        {
            var y = new double[40];
            Relu.Naive<double>(x, y);
            return Doubles.Dot(y, δy);
        }
        using var workers = new Workers(1);
        var tape = new Tape();
        float[] δx = [.. Enumerable.Repeat(2f, 40)];
        Tensor y = Relu.Forward(new Pass(workers, tape), new Tensor(x.ToFloats(), 0, 4, 10, δx));
        δy.ToFloats().CopyTo(y.Gradient);
        tape.Backward();
        Doubles.AssertNear([.. Doubles.Derivatives(x, Loss).Select(slope => 2 + slope)], δx, 1e-6);
    }

    [Fact]
    public void At_zero_the_slope_is_zero()
    {
        var δx = new float[2];
        Relu.Gradient([0, -0f], [1, 1], δx);
        Assert.Equal([0, 0], δx);
    }
}
