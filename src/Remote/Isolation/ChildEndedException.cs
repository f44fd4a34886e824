namespace Engine.Remote.Isolation;

/// <summary>A child process has ended before its model was loaded.</summary>
/// <param name="reason">For a sentence, beginning with "it".</param>
/// <param name="inner">The connection's error.</param>
internal sealed class ChildEndedException(string reason, Exception? inner = null) : EngineException($"Starting a process for a model: {reason}.", inner)
{
    public string Reason { get; } = reason;
}
