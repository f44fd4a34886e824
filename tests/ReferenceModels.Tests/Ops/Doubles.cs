namespace ReferenceModels.Tests.Ops;

/// <summary>Random vectors, and derivatives by central differences in double.</summary>
internal static class Doubles
{
    public static double[] Random(int count, int seed, double offset = 0)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => offset + 2 * random.NextDouble() - 1)];
    }

    public static float[] ToFloats(this double[] values) => [.. values.Select(value => (float)value)];

    public static double[] ToDoubles(this float[] values) => [.. values.Select(value => (double)value)];

    /// <summary>∂f/∂x_i for every i, f evaluated at the values x holds. The error is about 1e-9.</summary>
    public static double[] Derivatives(double[] x, Func<double> f)
    {
        const double h = 1e-5;
        var derivatives = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double at = x[i];
            x[i] = at + h;
            double above = f();
            x[i] = at - h;
            double below = f();
            x[i] = at;
            derivatives[i] = (above - below) / (2 * h);
        }
        return derivatives;
    }

    public static double Dot(double[] a, double[] b) => a.Zip(b).Sum(pair => pair.First * pair.Second);

    public static void AssertNear(double[] expected, IReadOnlyList<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            double limit = tolerance * Math.Max(1, Math.Abs(expected[i]));
            Assert.True(Math.Abs(expected[i] - actual[i]) <= limit, $"[{i}]: expected {expected[i]:R}, found {actual[i]:R}, allowed are {limit:G3}");
        }
    }

    public static void AssertNear(double[] expected, float[] actual, double tolerance) => AssertNear(expected, actual.ToDoubles(), tolerance);
}
