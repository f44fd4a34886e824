using System.Text.Json.Serialization;
using Engine.Parity;

namespace Engine.Host.Commands.Reporting;

/// <summary>What <c>shadow report --json</c> prints. Times are in UTC.</summary>
internal sealed record ShadowReport
{
    public required string Store { get; init; }

    /// <summary>The start of the time requested; null for all.</summary>
    public required DateTimeOffset? Since { get; init; }

    /// <summary>The oldest and the latest record; null if there is none.</summary>
    public required DateTimeOffset? From { get; init; }

    public required DateTimeOffset? To { get; init; }

    public required int Samples { get; init; }

    public required IReadOnlyList<ShadowModelReport> Models { get; init; }
}

/// <summary>The records of one model.</summary>
internal sealed record ShadowModelReport
{
    public required string Model { get; init; }

    public required IReadOnlyList<string> Oracles { get; init; }

    public required int Samples { get; init; }

    public required long Positions { get; init; }

    public required int Passed { get; init; }

    public required double PassShare { get; init; }

    /// <summary>The number of samples without an NMSE, because a side was not finite.</summary>
    public required int NotMeasured { get; init; }

    public required UpperQuantiles? Kl { get; init; }

    public required UpperQuantiles? Nmse { get; init; }

    public required UpperQuantiles? MaxAbsolute { get; init; }

    public required LowerQuantiles? TopOne { get; init; }

    public required IReadOnlyList<ShadowToleranceReport> Tolerances { get; init; }

    public required IReadOnlyList<ShadowAlarmReport> Alarms { get; init; }

    /// <summary>Over all samples, whatever time was requested; null if none is stored.</summary>
    public required CoverageReport? Coverage { get; init; }

    /// <summary>Failures first, then by NMSE, the largest first.</summary>
    public required IReadOnlyList<ShadowSampleReport> Worst { get; init; }

    public required IReadOnlyList<ShadowInterval> OverTime { get; init; }

    /// <summary>Every sample by time.</summary>
    [JsonIgnore]
    public IReadOnlyList<ShadowPoint> Points { get; init; } = [];
}

/// <summary>Statistics of numbers that are worse the larger they are.</summary>
internal sealed record UpperQuantiles(double P50, double P90, double P99, double Max)
{
    public static UpperQuantiles? Of(IEnumerable<double?> values) => values.OfType<double>().Order().ToArray() is { Length: > 0 } sorted
        ? new(LogitMeasures.Percentile(sorted, 0.5), LogitMeasures.Percentile(sorted, 0.9), LogitMeasures.Percentile(sorted, 0.99), sorted[^1]) : null;
}

/// <summary>Statistics of numbers that are worse the smaller they are.</summary>
internal sealed record LowerQuantiles(double P50, double P10, double P1, double Min)
{
    public static LowerQuantiles? Of(IEnumerable<double?> values) => values.OfType<double>().Order().ToArray() is { Length: > 0 } sorted
        ? new(LogitMeasures.Percentile(sorted, 0.5), LogitMeasures.Percentile(sorted, 0.1), LogitMeasures.Percentile(sorted, 0.01), sorted[0]) : null;
}

/// <summary>A tolerance that samples were judged by.</summary>
/// <param name="Metric">As in <c>validate --json</c>.</param>
/// <param name="Limit">The largest value that passes.</param>
/// <param name="Source">Where it comes from: <c>formula</c> or <c>calibration</c>.</param>
/// <param name="Samples">How many were judged by it.</param>
internal sealed record ShadowToleranceReport(string Metric, double Limit, string Source, long Samples);

internal sealed record ShadowAlarmReport(DateTimeOffset Time, string Event, string Reason);

internal sealed record ShadowSampleReport(DateTimeOffset Time, string Request, bool Passed, long Positions, double? Kl, double? TopOne, double? Nmse, double? MaxAbsolute, string Reason);

/// <summary>The samples of an interval.</summary>
internal sealed record ShadowInterval(DateTimeOffset From, int Samples, int Failed, double? NmseMedian, double? NmseMax);

/// <summary>One sample's numbers.</summary>
internal readonly record struct ShadowPoint(DateTimeOffset Time, bool Passed, double? Kl, double? TopOne, double? Nmse, double? MaxAbsolute);
