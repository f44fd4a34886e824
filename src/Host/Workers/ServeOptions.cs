namespace Engine.Host.Workers;

/// <summary>How requests are taken in. Bound from the configuration section <c>Serve</c>.</summary>
internal sealed class ServeOptions
{
    public const string SectionName = "Serve";

    /// <summary>Requests that may wait; one more is answered 429.</summary>
    public int Queue { get; set; } = 64;

    /// <summary>Requests that run at the same time; 0 for as many as all models have slots.</summary>
    public int Concurrency { get; set; }

    /// <summary>Seconds that accepted requests have to end when the host stops.</summary>
    public int DrainSeconds { get; set; } = 30;
}
