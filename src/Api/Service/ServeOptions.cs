namespace Engine.Api.Service;

/// <summary>How requests are taken in. Bound from the configuration section <c>Serve</c>.</summary>
internal sealed class ServeOptions
{
    public const string SectionName = "Serve";

    /// <summary>Seconds that accepted requests have to end when the host stops.</summary>
    public int DrainSeconds { get; set; } = 30;

    /// <summary>Seconds in which a request must be answered, waiting included; 0 for as long as it needs.</summary>
    public int DeadlineSeconds { get; set; }
}
