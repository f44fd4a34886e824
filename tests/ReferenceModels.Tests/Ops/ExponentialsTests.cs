using System.Numerics.Tensors;
using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public class ExponentialsTests
{
    // Both ends of the range, infinities and NaN among them.
    private static readonly float[] Edges = [float.NaN, float.NegativeInfinity, float.PositiveInfinity, -104, -88, -0f, 0, 88, 89, float.Epsilon];

    // At least a register: TensorPrimitives computes less than that one by one, with another function.
    [Theory, InlineData(8), InlineData(15), InlineData(16), InlineData(100), InlineData(1027)]
    public void Both_have_the_bits_of_the_library(int n)
    {
        float[] x = Values(n), expected = new float[n], y = new float[n];
        TensorPrimitives.Exp(x, expected);
        Exponentials.Exp(x, y);
        Assert.Equal(expected, y);
        TensorPrimitives.Sigmoid(x, expected);
        Exponentials.Sigmoid(x, y);
        Assert.Equal(expected, y);
    }

    [Theory, InlineData(0), InlineData(3), InlineData(21)]
    public void Both_can_write_over_what_they_read(int n)
    {
        float[] x = Values(n), y = [.. x], σ = [.. x], expected = new float[n];
        Exponentials.Exp(x, expected);
        Exponentials.Exp(y, y);
        Assert.Equal(expected, y);
        Exponentials.Sigmoid(x, expected);
        Exponentials.Sigmoid(σ, σ);
        Assert.Equal(expected, σ);
    }

    [Fact]
    public void Both_agree_with_their_definitions_in_double()
    {
        float[] x = [.. Numbers.Doubles(1000, 1).Select(v => (float)(20 * v))], y = new float[x.Length], σ = new float[x.Length];
        Exponentials.Exp(x, y);
        Exponentials.Sigmoid(x, σ);
        for (int i = 0; i < x.Length; i++)
        {
            // Two steps of the last bit, which is 1.2e-7 of the smallest number with the same exponent; σ adds and divides on top.
            Assert.InRange(y[i] / Math.Exp(x[i]), 1 - 2.4e-7, 1 + 2.4e-7);
            Assert.InRange(σ[i] * (1 + Math.Exp(-(double)x[i])), 1 - 4.8e-7, 1 + 4.8e-7);
        }
    }

    private static float[] Values(int n) => [.. Edges.Concat(Numbers.Doubles(n, n).Select(v => (float)(30 * v))).Take(n)];
}
