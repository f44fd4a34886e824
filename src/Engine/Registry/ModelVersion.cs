namespace Engine.Registry;

/// <summary>One loaded model of an entry, and the requests that use it. Once closed, it accepts no more requests.</summary>
/// <param name="model">The model, which this object now owns.</param>
/// <param name="options">What it was loaded with.</param>
/// <param name="stamp">Its files, as they were before they were read.</param>
/// <param name="time">Measures how long it is idle.</param>
internal sealed class ModelVersion(IModel model, ModelOptions options, FileStamp stamp, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Lazy<Task> _disposal = new(() => model.DisposeAsync().AsTask());
    private int _leases;
    private long _used = time.GetTimestamp();
    private TaskCompletionSource? _drained; // there is one while it is closed

    public IModel Model => model;

    public ModelOptions Options => options;

    public FileStamp Stamp => stamp;

    public bool IsOpen
    {
        get { lock (_lock) { return _drained is null; } }
    }

    /// <summary>The time since the last request ended; zero while one runs.</summary>
    public TimeSpan Idle
    {
        get { lock (_lock) { return _leases > 0 ? TimeSpan.Zero : time.GetElapsedTime(_used); } }
    }

    /// <summary>Admits a request unless it is closed. Each success requires one <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_drained is not null)
            {
                return false;
            }
            _leases++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            _leases--;
            _used = time.GetTimestamp();
            SetDrained();
        }
    }

    /// <summary>Stops accepting requests.</summary>
    /// <returns>Completes when the last one has ended.</returns>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            SetDrained();
            return _drained.Task;
        }
    }

    /// <summary>Closes it if no request runs and none has for a while.</summary>
    public bool TryCloseIdle(TimeSpan atLeast)
    {
        lock (_lock)
        {
            if (_drained is not null || Idle < atLeast || _leases > 0)
            {
                return false;
            }
            _ = CloseAsync();
            return true;
        }
    }

    /// <summary>Accepts requests again after closing was cancelled.</summary>
    public void Reopen()
    {
        lock (_lock)
        {
            _drained = null;
        }
    }

    /// <summary>Frees the model, and ends requests that still run.</summary>
    public Task DisposeAsync() => _disposal.Value;

    private void SetDrained()
    {
        if (_leases == 0)
        {
            _drained?.TrySetResult();
        }
    }
}
