namespace ReferenceModels.Ops;

/// <summary>
/// The angles by which <see cref="Rope"/> rotates: pair i at position m by m·θᵢ. Every scaling in use changes only the θᵢ
/// (and a common length), so they are computed once.
/// </summary>
/// <remarks>
/// In double, reduced and rounded only at the end: at position 100,000 a float angle is off by up to 0.004. ggml multiplies
/// from pair to pair in float, so the two differ at high positions; this one is exact.
/// </remarks>
internal sealed class RopeAngles
{
    private readonly double[] _frequencies;   // (d/2), θᵢ
    private readonly double _magnitude;
    private readonly RopePairs _pairs;

    /// <summary>Computes the frequencies.</summary>
    /// <param name="d">Rotated width of a head; even.</param>
    /// <param name="base">Base of the frequencies, 10,000 in the paper.</param>
    /// <param name="scaling">Linear or YaRN.</param>
    /// <param name="factors">Divisors of the frequencies (d/2), Llama 3's <c>rope_freqs.weight</c>; empty for none.</param>
    /// <param name="pairs">Which numbers are rotated together.</param>
    public RopeAngles(int d, float @base, RopeScaling scaling, ReadOnlySpan<float> factors, RopePairs pairs)
    {
        _pairs = pairs;
        _frequencies = new double[d / 2];
        for (int i = 0; i < _frequencies.Length; i++)
        {
            double own = Math.Pow(@base, -2.0 * i / d) / (factors.IsEmpty ? 1 : factors[i]);
            double divided = scaling.Kind == RopeScalingKind.None ? own : own / scaling.Factor;
            double kept = scaling.Kept(i, d, @base);
            _frequencies[i] = divided * (1 - kept) + own * kept;
        }
        _magnitude = scaling.Magnitude;
    }

    /// <summary>Writes cos and sin of positions (T) into the rows of turns (T, d), laid out like the numbers of a pair.</summary>
    public void Fill(ReadOnlySpan<int> positions, Tensor turns)
    {
        for (int t = 0; t < turns.Rows; t++)
        {
            Span<float> row = turns.Row(t);
            for (int i = 0; i < _frequencies.Length; i++)
            {
                (double sin, double cos) = Math.SinCos(positions[t] * _frequencies[i]);
                (int a, int b) = _pairs == RopePairs.Neighbours ? (2 * i, 2 * i + 1) : (i, i + _frequencies.Length);
                row[a] = (float)(cos * _magnitude);
                row[b] = (float)(sin * _magnitude);
            }
        }
    }
}
