namespace Tests.Shared;

/// <summary>How far apart the numbers of two sides are, by the size of what they are numbers of: logits and rows scale with a
/// model's weights, so an absolute difference means nothing.</summary>
internal static class Agreement
{
    /// <summary>What two right evaluations of a small model in float differ by, at most, over the root mean square: the order of
    /// sums, the width of vectors and whether multiply-adds are fused are the processor's.</summary>
    /// <remarks>A pass is a chain of some 50 sums of up to 512 products of either sign, so of √(50·512) = 160 roundings of 2⁻²⁴; the
    /// largest of 10⁵ numbers stands 4.5 deviations out: 720·2⁻²⁴ = 4.3e-5; twice that for logits that a norm or an adapter makes out of
    /// larger numbers. Measured: 1e-6 … 1e-5. A wrong formula is off by more than 1e-2.</remarks>
    public const double Floats = 1e-4;

    /// <summary>The same where llama.cpp's GELU, a table of 16-bit floats, is on one side: half a step of 2⁻¹¹ for its input times
    /// the greatest slope, half a step for its output, in each of two layers. Measured: up to 1.7e-3.</summary>
    public const double HalfGelu = 5e-3;

    /// <summary>max |a − b| over the root mean square of b.</summary>
    public static double OfRms(IReadOnlyList<float> a, IReadOnlyList<float> b)
    {
        Assert.Equal(b.Count, a.Count);
        return a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max() / Rms(b);
    }

    /// <summary>max |a − b| over the root mean square of b.</summary>
    public static double OfRms(float[][] a, float[][] b) => OfRms(Flat(a, b), Flat(b, a));

    /// <summary>Σ(a − b)² / Σb².</summary>
    public static double Nmse(float[][] a, float[][] b) => Nmse(Flat(a, b), Flat(b, a));

    /// <summary>Σ(a − b)² / Σb².</summary>
    public static double Nmse(IReadOnlyList<float> a, IReadOnlyList<float> b)
    {
        Assert.Equal(b.Count, a.Count);
        return a.Zip(b, (x, y) => Math.Pow((double)x - y, 2)).Sum() / b.Sum(y => (double)y * y);
    }

    /// <summary>The root mean square.</summary>
    public static double Rms(IReadOnlyList<float> values) => Math.Sqrt(values.Average(value => (double)value * value));

    /// <summary>The token is the most probable of the row, or so near to it that rounding decides.</summary>
    public static void AssertLargest(int token, float[] row, double tolerance = Floats) =>
        Assert.InRange(row[token], row.Max() - (2 * tolerance * Rms(row)), row.Max());

    private static float[] Flat(float[][] rows, float[][] others)
    {
        Assert.Equal(others.Select(row => row.Length), rows.Select(row => row.Length));
        return [.. rows.SelectMany(row => row)];
    }
}
