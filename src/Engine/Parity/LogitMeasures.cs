namespace Engine.Parity;

/// <summary>The measures of two sides' rows of logits, summed up in double as the rows come: a native, b the reference.</summary>
internal sealed class LogitMeasures(int vocabulary, int firstPosition, Tolerance tolerance)
{
    private readonly List<double> _kl = [];
    private double _squaredDiff, _squaredNative, _squaredReference, _product;
    private double _maxAbsDiff;
    private int _sameTop1, _targets;
    private double _logLossNative, _logLossReference;

    public int Vocabulary => vocabulary;

    public int Positions => _kl.Count;

    /// <summary>Why the sides cannot be compared at all, such as NaN; null where they can.</summary>
    public string? Incomparable { get; private set; }

    /// <summary>The first position that cannot be compared or is beyond the tolerance of a single position or logit.</summary>
    public ParityDivergence? FirstBeyondRowLimit { get; private set; }

    /// <summary>The first position beyond the tolerance of the whole.</summary>
    public ParityDivergence? FirstBeyondLimit { get; private set; }

    /// <summary>The largest value that the judged metric takes in a single row, and where.</summary>
    public (int Position, double Value) WorstRow { get; private set; } = (firstPosition, double.NegativeInfinity);

    /// <summary>The largest |a − b| in units of the RMS of its row's reference, and where.</summary>
    public (int Position, double Value) WorstLogit { get; private set; } = (firstPosition, double.NegativeInfinity);

    /// <summary>The largest Σb² of a row: a fault in a single row hides best there.</summary>
    public double GreatestSquaredReferenceRow { get; private set; }

    public double SquaredReference => _squaredReference;

    public double? MaxAbsDiff => Measured(_maxAbsDiff);

    public double? Nmse => Measured(_squaredDiff / _squaredReference);

    public double? Cosine => Measured(_product / Math.Sqrt(_squaredNative) / Math.Sqrt(_squaredReference));

    public double? KlMean => Positions == 0 ? null : Measured(_kl.Average());

    public double? KlP99 => Positions == 0 ? null : Measured(Percentile(_kl, 0.99));

    public double? KlMax => Positions == 0 ? null : Measured(_kl.Max());

    public double? SameTop1 => Measured((double)_sameTop1 / Positions);

    public double? PerplexityNative => Measured(Math.Exp(_logLossNative / _targets));

    public double? PerplexityReference => Measured(Math.Exp(_logLossReference / _targets));

    /// <summary>The value the tolerance is about.</summary>
    public double? Judged => tolerance.Metric == ParityMetric.Nmse ? Nmse : MaxAbsDiff;

    /// <summary>Takes in the next position's rows (V) and, where there is one, the token that follows it.</summary>
    public void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int? target)
    {
        if (target is { } outside && (uint)outside >= (uint)vocabulary)
        {
            throw new TokenOutOfRangeException(outside, vocabulary);
        }
        int position = firstPosition + Positions;
        var native = RowDistribution.Of(a);
        var reference = RowDistribution.Of(b);
        double squaredDiff = 0, squaredNative = 0, squaredReference = 0, product = 0, maxAbsDiff = 0, kl = 0;
        for (int v = 0; v < a.Length; v++)
        {
            double difference = (double)a[v] - b[v];
            squaredDiff += difference * difference;
            squaredNative += (double)a[v] * a[v];
            squaredReference += (double)b[v] * b[v];
            product += (double)a[v] * b[v];
            maxAbsDiff = Math.Max(maxAbsDiff, Math.Abs(difference));
            double logP = reference.LogProbability(b[v]);
            kl += Math.Exp(logP) * (logP - native.LogProbability(a[v]));
        }
        // A divergence is never negative; its sum's rounding may be.
        _kl.Add(Math.Max(0, kl));
        _squaredDiff += squaredDiff;
        _squaredNative += squaredNative;
        _squaredReference += squaredReference;
        _product += product;
        _maxAbsDiff = Math.Max(_maxAbsDiff, maxAbsDiff);
        _sameTop1 += native.Top1 == reference.Top1 ? 1 : 0;
        if (target is { } token)
        {
            _targets++;
            _logLossNative -= native.LogProbability(a[token]);
            _logLossReference -= reference.LogProbability(b[token]);
        }

        if (Incomparability(position, squaredNative, squaredReference) is { } reason)
        {
            Incomparable ??= reason;
            FirstBeyondRowLimit ??= new ParityDivergence(position, Measured(maxAbsDiff), Measured(squaredDiff / squaredReference));
            return;
        }
        Judge(position, maxAbsDiff, squaredDiff / squaredReference, squaredReference);
    }

    /// <summary>Notes that a position has no rows to compare.</summary>
    public void Fault(int position, string fault)
    {
        Incomparable ??= $"at position {position} {fault}";
        FirstBeyondRowLimit ??= new ParityDivergence(position, null, null);
    }

    /// <summary>NumPy's default percentile: linear between the two nearest ranks.</summary>
    internal static double Percentile(IEnumerable<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        double rank = part * (sorted.Length - 1);
        int below = (int)rank;
        return below + 1 < sorted.Length ? sorted[below] + ((rank - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }

    private void Judge(int position, double maxAbsDiff, double nmse, double squaredReference)
    {
        double value = tolerance.Metric == ParityMetric.Nmse ? nmse : maxAbsDiff;
        double logit = maxAbsDiff / Math.Sqrt(squaredReference / vocabulary);
        WorstRow = value > WorstRow.Value ? (position, value) : WorstRow;
        WorstLogit = logit > WorstLogit.Value ? (position, logit) : WorstLogit;
        GreatestSquaredReferenceRow = Math.Max(GreatestSquaredReferenceRow, squaredReference);
        var divergence = new ParityDivergence(position, Measured(maxAbsDiff), Measured(nmse));
        if (value > tolerance.Limit)
        {
            FirstBeyondLimit ??= divergence;
        }
        if (value > tolerance.RowLimit || logit > tolerance.LogitLimit)
        {
            FirstBeyondRowLimit ??= divergence;
        }
    }

    /// <summary>A row of zeros is nothing a model computes, and nothing can be measured against it.</summary>
    private static string? Incomparability(int position, double squaredNative, double squaredReference) =>
        !double.IsFinite(squaredNative) ? $"the native logits at position {position} hold NaN or infinity"
        : !double.IsFinite(squaredReference) ? $"the reference's logits at position {position} hold NaN or infinity"
        : squaredReference == 0 ? $"the reference's logits at position {position} are all zero"
        : squaredNative == 0 ? $"the native logits at position {position} are all zero"
        : null;

    private static double? Measured(double value) => double.IsFinite(value) ? value : null;
}
