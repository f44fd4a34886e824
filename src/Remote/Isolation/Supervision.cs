namespace Engine.Remote.Isolation;

/// <summary>How a child process is watched, and how often it is started again.</summary>
internal sealed record Supervision
{
    /// <summary>The interval between liveness checks.</summary>
    public TimeSpan Pulse { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A process that does not answer within this time is hanging, and is killed.</summary>
    public TimeSpan Hang { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long after a broken connection the end of the process is reported, if it has ended.</summary>
    public TimeSpan Loss { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A death within this time after the start, before a request was answered, is a quick one.</summary>
    public TimeSpan Quick { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After this many quick deaths in a row, the model has failed.</summary>
    public int QuickDeaths { get; init; } = 5;

    /// <summary>The delay before a restart after the first quick death; doubled after each further one.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a started program may take to listen.</summary>
    public TimeSpan Start { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a process that is no longer needed may take to end; then it is killed.</summary>
    public TimeSpan Stop { get; init; } = TimeSpan.FromSeconds(2);

    public static Supervision Default { get; } = new();
}
