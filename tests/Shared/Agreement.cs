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

    /// <summary>Σ(a − b)² / Σb² where one side rounds the activations beside quantized weights to eight bits and the other does not.</summary>
    /// <remarks>The step of a block is max/127, its error step/√12; of 256 normal numbers the largest stands 3 deviations out, which makes
    /// (3/127)²/12 = 4.7e-5 for a product. Nine follow one another in two layers: 4.2e-4; four times that where the largest stands 6
    /// deviations out. Measured: 1.2e-5 … 5e-4. Which way a half is rounded does not matter.</remarks>
    public const double EightBits = 2e-3;

    /// <summary>|a/b − 1| of the losses a and b of the first steps of a training in float: tests/Golden/training judges them in double.</summary>
    /// <remarks>Beside the rounding of a pass, which a mean over all targets makes smaller than <see cref="Floats"/>, a step of AdamW goes by
    /// the sign of a gradient, which rounding decides where it is next to nothing: in such a weight the loss is flat. Measured: 1e-10 … 2e-6.</remarks>
    public const double Losses = 1e-5;

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

    /// <summary>Every loss of a is near that of b, as two right trainings in float are.</summary>
    public static void AssertSameLosses(IEnumerable<double> expected, IEnumerable<double> actual) =>
        Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) <= Losses * Math.Abs(a));

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
