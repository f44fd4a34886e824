namespace Engine.Remote.Isolation;

/// <summary>How a child process is watched, and how often it is started again.</summary>
internal sealed record Supervision
{
    /// <summary>Between two questions whether it is alive.</summary>
    public TimeSpan Pulse { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Without an answer in this time it hangs, and is killed.</summary>
    public TimeSpan Hang { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After a connection broke, in which its process is known to be over, if it is.</summary>
    public TimeSpan Loss { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A death within this time of its start, before it has answered a request, is a quick one.</summary>
    public TimeSpan Quick { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After this many quick deaths in a row, the model has failed.</summary>
    public int QuickDeaths { get; init; } = 5;

    /// <summary>Before it is started again after the first quick death; twice as long after each further one.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>In which a program that is started must begin to listen.</summary>
    public TimeSpan Start { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For the end of a process that is no longer needed; then it is killed.</summary>
    public TimeSpan Stop { get; init; } = TimeSpan.FromSeconds(2);

    public static Supervision Default { get; } = new();
}
