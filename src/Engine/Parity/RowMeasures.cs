namespace Engine.Parity;

/// <summary>The measures of two sides' rows, accumulated in double as the rows arrive: a is the native side, b the reference.</summary>
internal class RowMeasures(RowKind kind, int width, int firstPosition, Tolerance tolerance)
{
    private double _squaredDiff, _squaredNative, _squaredReference, _product;
    private double _maxAbsDiff;
    private ParityDivergence? _greatest;

    public RowKind Kind => kind;

    /// <summary>Numbers of a row.</summary>
    public int Width => width;

    public int Positions { get; private set; }

    /// <summary>Why the sides cannot be compared at all, such as NaN; null if they can.</summary>
    public string? Incomparable { get; private set; }

    /// <summary>The first position that cannot be compared or is beyond the tolerance of a single position or number.</summary>
    public ParityDivergence? FirstBeyondRowLimit { get; private set; }

    /// <summary>The first position beyond the tolerance of the whole, or else the position with the largest difference.</summary>
    public ParityDivergence? FirstBeyondLimit => FirstBeyond ?? _greatest;

    /// <summary>The largest value that the judged metric takes in a single row, and where.</summary>
    public (int Position, double Value) WorstRow { get; private set; } = (firstPosition, double.NegativeInfinity);

    /// <summary>The largest |a − b| in units of the RMS of its row's reference, and where.</summary>
    public (int Position, double Value) WorstNumber { get; private set; } = (firstPosition, double.NegativeInfinity);

    /// <summary>The largest Σb² of a row, in which a fault in a single row is hidden best.</summary>
    public double GreatestSquaredReferenceRow { get; private set; }

    public double SquaredReference => _squaredReference;

    public double? MaxAbsDiff => Measured(_maxAbsDiff);

    public double? MaxRelDiff => Measured(_maxAbsDiff / Root());

    public double? RmsReference => Positions == 0 ? null : Measured(Root());

    public double? Nmse => Measured(_squaredDiff / _squaredReference);

    public double? Cosine => Measured(_product / Math.Sqrt(_squaredNative) / Math.Sqrt(_squaredReference));

    /// <summary>The value that the tolerance limits.</summary>
    public double? Judged => tolerance.Metric switch
    {
        ParityMetric.Nmse => Nmse,
        ParityMetric.MaxRelDiff => MaxRelDiff,
        _ => MaxAbsDiff,
    };

    private ParityDivergence? FirstBeyond { get; set; }

    /// <summary>Adds the next position's rows.</summary>
    public void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Add(NextPosition, a, b);

    /// <summary>The position after those added so far, if they are consecutive.</summary>
    protected int NextPosition => firstPosition + Positions;

    /// <summary>Adds the rows of any position.</summary>
    protected void Add(int position, ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Positions++;
        double squaredDiff = 0, squaredNative = 0, squaredReference = 0, product = 0, maxAbsDiff = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = (double)a[i] - b[i];
            squaredDiff += difference * difference;
            squaredNative += (double)a[i] * a[i];
            squaredReference += (double)b[i] * b[i];
            product += (double)a[i] * b[i];
            maxAbsDiff = Math.Max(maxAbsDiff, Math.Abs(difference));
        }
        _squaredDiff += squaredDiff;
        _squaredNative += squaredNative;
        _squaredReference += squaredReference;
        _product += product;

        var divergence = new ParityDivergence(position, Measured(maxAbsDiff), Measured(squaredDiff / squaredReference));
        _greatest = maxAbsDiff > _maxAbsDiff ? divergence : _greatest;
        _maxAbsDiff = Math.Max(_maxAbsDiff, maxAbsDiff);
        if (Incomparability(position, squaredNative, squaredReference) is { } reason)
        {
            Incomparable ??= reason;
            FirstBeyondRowLimit ??= divergence;
            return;
        }
        Judge(position, maxAbsDiff, squaredDiff / squaredReference, squaredReference, divergence);
    }

    /// <summary>Notes that a position has no rows to compare.</summary>
    public void Fault(int position, string fault)
    {
        Incomparable ??= $"at position {position} {fault}";
        FirstBeyondRowLimit ??= new ParityDivergence(position, null, null);
    }

    protected static double? Measured(double value) => double.IsFinite(value) ? value : null;

    private double Root() => Math.Sqrt(_squaredReference / ((double)Positions * width));

    private void Judge(int position, double maxAbsDiff, double nmse, double squaredReference, ParityDivergence divergence)
    {
        double number = maxAbsDiff / Math.Sqrt(squaredReference / width);
        double value = tolerance.Metric switch
        {
            ParityMetric.Nmse => nmse,
            ParityMetric.MaxRelDiff => number,
            _ => maxAbsDiff,
        };
        WorstRow = value > WorstRow.Value ? (position, value) : WorstRow;
        WorstNumber = number > WorstNumber.Value ? (position, number) : WorstNumber;
        GreatestSquaredReferenceRow = Math.Max(GreatestSquaredReferenceRow, squaredReference);
        if (value > tolerance.Limit)
        {
            FirstBeyond ??= divergence;
        }
        if (value > tolerance.RowLimit || number > tolerance.LogitLimit)
        {
            FirstBeyondRowLimit ??= divergence;
        }
    }

    /// <summary>Why two rows cannot be compared. A model does not compute a row of zeros, and nothing can be measured relative to one.</summary>
    private string? Incomparability(int position, double squaredNative, double squaredReference) =>
        !double.IsFinite(squaredNative) ? $"the native {kind.Name()} at position {position} hold NaN or infinity"
        : !double.IsFinite(squaredReference) ? $"the reference's {kind.Name()} at position {position} hold NaN or infinity"
        : squaredReference == 0 ? $"the reference's {kind.Name()} at position {position} are all zero"
        : squaredNative == 0 ? $"the native {kind.Name()} at position {position} are all zero"
        : null;
}
