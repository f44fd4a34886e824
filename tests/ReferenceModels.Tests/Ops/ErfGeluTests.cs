using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class ErfGeluTests
{
    /// <summary>Python's math: x * math.erfc(-x / math.sqrt(2)) / 2.</summary>
    [Theory]
    [InlineData(-10.0, -7.619853024160593e-23)]
    [InlineData(-4.0, -0.00012668496733247986)]
    [InlineData(-2.83, -0.0065865425850503)]
    [InlineData(-1.0, -0.15865525393145707)]
    [InlineData(0.0, 0.0)]
    [InlineData(0.5, 0.34573123063700656)]
    [InlineData(2.82, 2.813228665422786)]
    [InlineData(6.0, 5.999999994080474)]
    public void The_values_match_Pythons_erfc(double x, double expected)
    {
        float[] y = new float[1];
        ErfGelu.Forward([(float)x], y);
        double exact = x == (float)x ? expected : expected + (((float)x - x) * ErfGelu.Derivative(x));
        Assert.InRange(y[0], (float)(exact - (Math.Abs(exact) * 2e-7)), (float)(exact + (Math.Abs(exact) * 2e-7)));
    }

    [Fact]
    public void The_forward_equals_the_naive_series_in_double()
    {
        float[] x = [.. Doubles.Random(500, 1).Select(value => (float)(6 * value))], y = new float[500];
        ErfGelu.Forward(x, y);
        var expected = new double[500];
        ErfGelu.Naive<double>(x.ToDoubles(), expected);
        Doubles.AssertNear(expected, y, 1e-7);
    }

    [Fact]
    public void The_derivative_matches_central_differences()
    {
        double[] x = [.. Doubles.Random(40, 2).Select(value => 5 * value)];
        double Sum()
        {
            var y = new double[40];
            ErfGelu.Naive<double>(x, y);
            return y.Sum();
        }
        Doubles.AssertNear(Doubles.Derivatives(x, Sum), x.Select(ErfGelu.Derivative).ToArray(), 1e-8);
    }
}
