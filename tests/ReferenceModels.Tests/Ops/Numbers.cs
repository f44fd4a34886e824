namespace ReferenceModels.Tests.Ops;

/// <summary>Reproducible numbers in [−1, 1), their derivatives, and how close two lists are.</summary>
internal static class Numbers
{
    public static float[] Floats(int n, int seed) => [.. Doubles(n, seed).Select(v => (float)v)];

    public static double[] Doubles(int n, int seed)
    {
#pragma warning disable RS0030 // The seed is the argument.
        var random = new Random(seed);
#pragma warning restore RS0030
        return [.. Enumerable.Range(0, n).Select(_ => random.NextDouble() * 2 - 1)];
    }

    /// <summary>d loss / d <paramref name="at"/> by central differences.</summary>
    public static double[] Differences(double[] at, Func<double> loss)
    {
        const double h = 1e-5;
        var gradient = new double[at.Length];
        for (var i = 0; i < at.Length; i++)
        {
            var value = at[i];
            at[i] = value + h;
            var above = loss();
            at[i] = value - h;
            gradient[i] = (above - loss()) / (2 * h);
            at[i] = value;
        }
        return gradient;
    }

    public static void AssertClose(double[] expected, float[] actual, double tolerance) => AssertClose(expected, [.. actual.Select(v => (double)v)], tolerance);

    public static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i]))))
            {
                Assert.Fail($"Element {i}: expected {expected[i]:R}, found {actual[i]:R}.");
            }
        }
    }
}
