namespace Engine.Parity;

/// <summary>The measures of rows of logits: those of their differences, and those of the distributions they represent.</summary>
internal sealed class LogitMeasures(int vocabulary, int firstPosition, Tolerance tolerance)
    : RowMeasures(RowKind.Logits, vocabulary, firstPosition, tolerance)
{
    private readonly List<double> _kl = [];
    private int _sameTop1, _targets;
    private double _logLossNative, _logLossReference;

    public double? KlMean => Positions == 0 ? null : Measured(_kl.Average());

    public double? KlP99 => Positions == 0 ? null : Measured(Percentile(_kl, 0.99));

    public double? KlMax => Positions == 0 ? null : Measured(_kl.Max());

    public double? SameTop1 => Measured((double)_sameTop1 / Positions);

    public double? PerplexityNative => Measured(Math.Exp(_logLossNative / _targets));

    public double? PerplexityReference => Measured(Math.Exp(_logLossReference / _targets));

    /// <summary>Adds the next position's rows (V) and, if there is one, the token that follows it.</summary>
    /// <exception cref="TokenOutOfRangeException">The token has no logit.</exception>
    public void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int? target) => Add(NextPosition, a, b, target);

    /// <summary>The same for any position.</summary>
    public void Add(int position, ReadOnlySpan<float> a, ReadOnlySpan<float> b, int? target)
    {
        if (target is { } outside && (uint)outside >= (uint)Width)
        {
            throw new TokenOutOfRangeException(outside, Width);
        }
        Add(position, a, b);
        var native = RowDistribution.Of(a);
        var reference = RowDistribution.Of(b);
        double kl = 0;
        for (int v = 0; v < a.Length; v++)
        {
            double logP = reference.LogProbability(b[v]);
            kl += Math.Exp(logP) * (logP - native.LogProbability(a[v]));
        }
        // A divergence is never negative, but its rounded sum may be.
        _kl.Add(Math.Max(0, kl));
        _sameTop1 += native.Top1 == reference.Top1 ? 1 : 0;
        if (target is { } token)
        {
            _targets++;
            _logLossNative -= native.LogProbability(a[token]);
            _logLossReference -= reference.LogProbability(b[token]);
        }
    }

    /// <summary>NumPy's default percentile: linear between the two nearest ranks.</summary>
    internal static double Percentile(IEnumerable<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        double rank = part * (sorted.Length - 1);
        int below = (int)rank;
        return below + 1 < sorted.Length ? sorted[below] + ((rank - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
