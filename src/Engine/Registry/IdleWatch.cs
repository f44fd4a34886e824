namespace Engine.Registry;

/// <summary>Calls back when a model may have been idle for long enough to be unloaded.</summary>
internal sealed class IdleWatch : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly ITimer _timer;

    /// <param name="time">The clock.</param>
    /// <param name="unload">Unloads the model, or says when to call again; null for not before the watch is armed again.</param>
    public IdleWatch(TimeProvider time, Func<TimeSpan?> unload) =>
        _timer = time.CreateTimer(_ => Arm(unload()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <param name="due">The time until the next call; null for none.</param>
    public void Arm(TimeSpan? due) => _timer.Change(due is not { } time ? Timeout.InfiniteTimeSpan : time < Longest ? time : Longest, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();
}
