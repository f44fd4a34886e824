namespace Engine.Telemetry;

/// <summary>The sources that a host listens to: the engine reports through <see cref="System.Diagnostics.Metrics.Meter"/> and
/// <see cref="System.Diagnostics.ActivitySource"/> alone, and exports nothing itself. docs/telemetry.md lists all.</summary>
public static class EngineTelemetry
{
    /// <summary>The meter of all metrics.</summary>
    public const string MeterName = "Engine";

    /// <summary>The source of all spans: one for each request that a configured model answers.</summary>
    public const string ActivitySourceName = "Engine";
}
