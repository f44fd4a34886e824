using System.Globalization;

namespace Engine.Parity;

/// <summary>Turns measures into a verdict. Whatever is not shown to be within the tolerance fails.</summary>
internal static class Judgement
{
    /// <param name="measured">The measures, at least one; the report's numbers are those of the first.</param>
    /// <param name="native">The side judged.</param>
    /// <param name="reference">The side it is judged by.</param>
    /// <param name="options">How both sides computed.</param>
    /// <param name="tolerance">The tolerance.</param>
    /// <param name="disagreement">A reason to fail whatever the numbers are; null for none.</param>
    public static ParityReport Report(
        IReadOnlyList<RowMeasures> measured, ModelCard native, ModelCard reference, ParityOptions options, Tolerance tolerance, string? disagreement)
    {
        RowMeasures measures = measured[0];
        RowMeasures? faulty = measured.FirstOrDefault(rows => Fault(rows, tolerance) is not null);
        string? fault = disagreement ?? (faulty is null ? null : (faulty == measures ? "" : $"{faulty.Kind.Name()}: ") + Fault(faulty, tolerance));
        var logits = measures as LogitMeasures;
        return new ParityReport
        {
            Verdict = fault is null ? ParityVerdict.Pass : ParityVerdict.Fail,
            Explanation = fault ?? $"{Name(tolerance.Metric)} {Number(measured.Max(rows => rows.Judged!.Value))} is within {Number(tolerance.Limit)}",
            Numerics = options.Numerics,
            Arithmetic = options.Arithmetic == Arithmetic.Exact ? null : options.Arithmetic,
            Native = ParitySide.Of(native),
            Reference = ParitySide.Of(reference),
            Positions = measures.Positions,
            Vocabulary = logits?.Width,
            Dimensions = logits is null ? measures.Width : null,
            RmsReference = measures.RmsReference,
            MaxAbsDiff = measures.MaxAbsDiff,
            MaxRelDiff = measures.MaxRelDiff,
            Nmse = measures.Nmse,
            Cosine = measures.Cosine,
            KlMean = logits?.KlMean,
            KlP99 = logits?.KlP99,
            KlMax = logits?.KlMax,
            SameTop1 = logits?.SameTop1,
            PerplexityNative = logits?.PerplexityNative,
            PerplexityReference = logits?.PerplexityReference,
            Also = measured.Count == 1 ? null : [.. measured.Skip(1).Select(Rows)],
            Tolerance = tolerance,
            SmallestFault = fault is null ? Smallest(measures, tolerance) : null,
            FirstDivergence = fault is null ? null : (faulty ?? measures).FirstBeyondRowLimit ?? (faulty ?? measures).FirstBeyondLimit,
        };
    }

    public static string Name(ParityMetric metric) => metric switch
    {
        ParityMetric.Nmse => "NMSE",
        ParityMetric.MaxRelDiff => "max |Δ| / RMS",
        _ => "max |Δ|",
    };

    /// <summary>Three digits: 0.0107, 2.3, 1e-4.</summary>
    public static string Number(double value) =>
        value.ToString(value == 0 || Math.Abs(value) is >= 0.001 and < 999.5 ? "G3" : "0.##e-0", CultureInfo.InvariantCulture);

    /// <summary>Two digits, at most eight characters: 2.1e-14, 0.013.</summary>
    public static string Short(double value) =>
        value.ToString(value == 0 || Math.Abs(value) is >= 0.001 and < 999.5 ? "G2" : "0.#e-0", CultureInfo.InvariantCulture);

    private static ParityRows Rows(RowMeasures rows) =>
        new(rows.Kind.Name(), rows.Positions, rows.Width, rows.RmsReference, rows.MaxAbsDiff, rows.MaxRelDiff, rows.Nmse);

    private static string? Fault(RowMeasures measures, Tolerance tolerance)
    {
        if (measures.Incomparable is { } reason)
        {
            return reason;
        }
        if (measures.Positions == 0)
        {
            return "no position was compared";
        }
        if (measures.Judged is not { } judged || !(judged <= tolerance.Limit))
        {
            return $"{Name(tolerance.Metric)} {(measures.Judged is { } value ? Number(value) : "without a value")} is above {Number(tolerance.Limit)}";
        }
        (int position, double worst) = measures.WorstRow;
        if (!(worst <= tolerance.RowLimit))
        {
            return $"{Name(tolerance.Metric)} of position {position} is {Number(worst)}, above {Number(tolerance.RowLimit)} for a single position";
        }
        (position, worst) = measures.WorstNumber;
        return tolerance.LogitLimit is { } limit && !(worst <= limit)
            ? $"a {measures.Kind.NumberName()} of position {position} is off by {Number(worst)} times the RMS of its row, above {Number(limit)}"
            : null;
    }

    /// <summary>
    /// A fault f on top of an existing difference d is certain to be seen if ‖f‖ − ‖d‖ reaches the limit
    /// (triangle inequality) of a number, of a position or of the whole, whichever is reached first.
    /// </summary>
    private static SmallestFault Smallest(RowMeasures measures, Tolerance tolerance)
    {
        double entries = (double)measures.Positions * measures.Width;
        if (tolerance.Metric != ParityMetric.Nmse)
        {
            // A change of the same size in one row or in all rows contains a number of at least that size.
            double one = (tolerance.Limit * (tolerance.Metric == ParityMetric.MaxRelDiff ? measures.RmsReference!.Value : 1)) + measures.MaxAbsDiff!.Value;
            return new SmallestFault(one, one, one);
        }
        double reference = Math.Sqrt(measures.GreatestSquaredReferenceRow);
        double whole = (Math.Sqrt(tolerance.Limit) + Math.Sqrt(measures.Nmse!.Value)) * Math.Sqrt(measures.SquaredReference);
        double row = Math.Min(whole, (Math.Sqrt(tolerance.RowLimit) + Math.Sqrt(measures.WorstRow.Value)) * reference);
        double number = tolerance.LogitLimit is { } limit
            ? Math.Min(row, (limit + measures.WorstNumber.Value) * reference / Math.Sqrt(measures.Width)) : row;
        return new SmallestFault(number, row / Math.Sqrt(measures.Width), whole / Math.Sqrt(entries));
    }
}
