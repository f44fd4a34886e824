using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class TanhTests
{
    [Fact]
    public void Values_are_those_of_the_function_and_the_gradient_is_what_central_differences_give()
    {
        using var workers = new Workers(1);
        var tape = new Tape();
        var pass = new Pass(workers, tape);
        (double[] x, double[] δy) = ([.. Doubles.Random(40, 1).Select(value => 6 * value)], Doubles.Random(40, 3));
        Tensor input = pass.New(4, 10);
        x.ToFloats().CopyTo(input.Values);
        Tensor y = Tanh.Forward(pass, input);
        Doubles.AssertNear([.. x.Select(Math.Tanh)], y.Values.ToArray(), 3e-7);

        δy.ToFloats().CopyTo(y.Gradient);
        tape.Backward();
        double Loss() => Doubles.Dot([.. x.Select(Math.Tanh)], δy);
        Doubles.AssertNear(Doubles.Derivatives(x, Loss), input.Gradient.ToArray(), 1e-6);
    }
}
