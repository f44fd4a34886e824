using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class ScaleTests
{
    [Fact]
    public void Forward_and_gradient_are_those_of_the_naive_twin()
    {
        const double a = 2.75;
        (double[] x, double[] δy, double[] expected) = (Doubles.Random(21, 1), Doubles.Random(21, 2), new double[21]);
        double Loss()
        {
            Scale.Naive<double>(x, a, expected);
            return Doubles.Dot(expected, δy);
        }
        using var workers = new Workers(1);
        var tape = new Tape();
        var δx = new float[21];
        Tensor y = Scale.Forward(new Pass(workers, tape), new Tensor(x.ToFloats(), 0, 3, 7, δx), (float)a);
        Loss();
        Doubles.AssertNear(expected, y.Values.ToArray(), 1e-6);
        δy.ToFloats().CopyTo(y.Gradient);
        tape.Backward();
        Doubles.AssertNear(Doubles.Derivatives(x, Loss), δx, 1e-6);
    }
}
