using System.Globalization;

namespace Engine.Parity;

/// <summary>Turns measures into a verdict. Whatever is not shown to be within the tolerance fails.</summary>
internal static class Judgement
{
    public static ParityReport Report(
        LogitMeasures measures, ModelCard native, ModelCard reference, Numerics setting, Tolerance tolerance, string? disagreement)
    {
        string? fault = disagreement ?? Fault(measures, tolerance);
        return new ParityReport
        {
            Verdict = fault is null ? ParityVerdict.Pass : ParityVerdict.Fail,
            Explanation = fault ?? $"{Name(tolerance.Metric)} {Number(measures.Judged!.Value)} is within {Number(tolerance.Limit)}",
            Setting = setting,
            Native = ParitySide.Of(native),
            Reference = ParitySide.Of(reference),
            Positions = measures.Positions,
            Vocabulary = measures.Vocabulary,
            MaxAbsDiff = measures.MaxAbsDiff,
            Nmse = measures.Nmse,
            Cosine = measures.Cosine,
            KlMean = measures.KlMean,
            KlP99 = measures.KlP99,
            KlMax = measures.KlMax,
            SameTop1 = measures.SameTop1,
            PerplexityNative = measures.PerplexityNative,
            PerplexityReference = measures.PerplexityReference,
            Tolerance = tolerance,
            SmallestFault = fault is null ? Smallest(measures, tolerance) : null,
            FirstDivergence = fault is null ? null : measures.FirstBeyondRowLimit ?? measures.FirstBeyondLimit,
        };
    }

    public static string Name(ParityMetric metric) => metric == ParityMetric.Nmse ? "NMSE" : "max |Δ|";

    /// <summary>Three digits: 0.0107, 2.3, 1e-4.</summary>
    public static string Number(double value) =>
        value.ToString(value == 0 || Math.Abs(value) is >= 0.001 and < 999.5 ? "G3" : "0.##e-0", CultureInfo.InvariantCulture);

    private static string? Fault(LogitMeasures measures, Tolerance tolerance)
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
        (position, worst) = measures.WorstLogit;
        return tolerance.LogitLimit is { } limit && !(worst <= limit)
            ? $"a logit of position {position} is off by {Number(worst)} times the RMS of its row, above {Number(limit)}"
            : null;
    }

    /// <summary>
    /// A fault f over a difference d that was already there is certain to be seen where ‖f‖ − ‖d‖ reaches the limit
    /// (triangle inequality), in the measure of a logit, of a position or of the whole, whichever is reached first.
    /// </summary>
    private static SmallestFault Smallest(LogitMeasures measures, Tolerance tolerance)
    {
        double entries = (double)measures.Positions * measures.Vocabulary;
        if (tolerance.Metric == ParityMetric.MaxAbsDiff)
        {
            double one = tolerance.Limit + measures.MaxAbsDiff!.Value;
            return new SmallestFault(one, one, one);
        }
        double reference = Math.Sqrt(measures.GreatestSquaredReferenceRow);
        double whole = (Math.Sqrt(tolerance.Limit) + Math.Sqrt(measures.Nmse!.Value)) * Math.Sqrt(measures.SquaredReference);
        double row = Math.Min(whole, (Math.Sqrt(tolerance.RowLimit) + Math.Sqrt(measures.WorstRow.Value)) * reference);
        double logit = tolerance.LogitLimit is { } limit
            ? Math.Min(row, (limit + measures.WorstLogit.Value) * reference / Math.Sqrt(measures.Vocabulary)) : row;
        return new SmallestFault(logit, row / Math.Sqrt(measures.Vocabulary), whole / Math.Sqrt(entries));
    }
}
