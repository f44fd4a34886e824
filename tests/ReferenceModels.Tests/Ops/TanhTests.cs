using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class TanhTests
{
    [Fact]
    public void Values_match_the_function_and_the_gradient_matches_central_differences()
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

    [Fact]
    public void Small_numbers_lose_no_precision()
    {
        float[] x = [.. Enumerable.Range(0, 700).Select(i => (i % 2 == 0 ? 1 : -1) * MathF.Pow(10, (i - 500) / 100f))], y = [.. x];
        Tanh.Forward(y, y);
        for (int i = 0; i < x.Length; i++)
        {
            Assert.Equal(1, y[i] / Math.Tanh(x[i]), 5e-7); // some roundings of 2⁻²⁴; a quotient of exponentials loses 1e-3 here
        }
    }
}
