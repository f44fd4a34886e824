namespace Engine.Registry;

/// <summary>Checks now and then whether the files of a refused version have changed. A file that is still being written is left alone.</summary>
internal sealed class RetryWatch : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly ITimer _timer;
    private readonly Action<RefusedOptions> _changed;
    private volatile RefusedOptions? _refusal;
    private volatile FileStamp? _seen;

    /// <param name="time">The clock.</param>
    /// <param name="changed">Called for as long as they differ from what was refused.</param>
    public RetryWatch(TimeProvider time, Action<RefusedOptions> changed)
    {
        _changed = changed;
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Arm(RefusedOptions refusal)
    {
        (_seen, _refusal) = (refusal.Stamp, refusal);
        _timer.Change(Period, Timeout.InfiniteTimeSpan);
    }

    public void Disarm() => _refusal = null;

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (_refusal is not { } refusal)
        {
            return;
        }
        var stamp = FileStamp.Of(refusal.Options);
        if (stamp != refusal.Stamp && stamp == _seen)
        {
            _changed(refusal);
        }
        _seen = stamp;
        _timer.Change(Period, Timeout.InfiniteTimeSpan);
    }
}
