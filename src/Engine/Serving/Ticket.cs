using System.Threading.Channels;

namespace Engine.Serving;

/// <summary>The link between a request's reader and the thread that works on it: results in transit, and the ways in which it can end early.</summary>
// A source without timer or wait handle holds nothing to release, and reader and owner would race to release it.
#pragma warning disable CA1001
internal abstract class Ticket(CancellationToken caller)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _stop = new();
    private Exception? _reason;
    private int _unread;
    private volatile Action? _onRead;

    /// <summary>Cancelled when the results are no longer wanted: the caller cancelled or stopped reading, the deadline passed, the model is gone.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Whether the results are no longer wanted.</summary>
    public bool IsStopped => _stop.IsCancellationRequested;

    /// <summary>Results that no reader has taken.</summary>
    public int Unread => Volatile.Read(ref _unread);

    /// <summary>The error of a request whose reader holds up others.</summary>
    /// <param name="patience">How long nothing was read.</param>
    public static EngineException SlowReader(TimeSpan patience) => new(
        $"Handing out results: none were read for {patience.TotalSeconds:0.#} s while other requests waited for the model, "
        + "so this request was aborted. Read the results as they come, or ask for fewer logits.");

    /// <summary>Ends the work on it.</summary>
    /// <param name="reason">What the reader sees; null if the reader has gone or cancelled.</param>
    public void Stop(Exception? reason = null)
    {
        if (reason is not null)
        {
            Interlocked.CompareExchange(ref _reason, reason, null);
        }
        _stop.Cancel();
        if (reason is not null)
        {
            EndStopped(); // without waiting for the evaluation in progress
        }
    }

    /// <summary>Ends the results; the first call counts.</summary>
    /// <param name="error">Null if the answer is complete. A cancellation becomes what caused it.</param>
    public void End(Exception? error = null) => Complete(error is OperationCanceledException
        ? Volatile.Read(ref _reason) ?? (caller.IsCancellationRequested ? new OperationCanceledException(caller) : error)
        : error);

    /// <summary>Ends the results of a request that was stopped.</summary>
    public void EndStopped() => End(new OperationCanceledException(Stopping));

    /// <summary>Whether the reader is so far behind that the work should wait.</summary>
    /// <param name="limit">Results that may wait.</param>
    /// <param name="onRead">Called after the next result has been taken, if this returns true.</param>
    public bool IsFull(int limit, Action onRead)
    {
        if (Unread < limit)
        {
            return false;
        }
        _onRead = onRead;
        Interlocked.MemoryBarrier(); // publish the callback before reading the count, or a reader in between would wake nobody
        return Unread >= limit; // the reader may have taken results meanwhile
    }

    /// <summary>Notes that the reader took a result.</summary>
    public void Taken()
    {
        Interlocked.Decrement(ref _unread);
        if (_onRead is { } onRead)
        {
            _onRead = null;
            onRead();
        }
    }

    protected void Handed() => Interlocked.Increment(ref _unread);

    protected abstract void Complete(Exception? error);
}

/// <summary>A ticket whose results are of one type.</summary>
/// <param name="caller">The caller's cancellation.</param>
internal sealed class Ticket<T>(CancellationToken caller) : Ticket(caller)
{
    private readonly Channel<T> _results = Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<T> _held = []; // the owner's alone

    /// <summary>The results, in order.</summary>
    public ChannelReader<T> Results => _results.Reader;

    /// <summary>Hands out a result. Never waits.</summary>
    public void Deliver(T result)
    {
        Hold(result);
        Release();
    }

    /// <summary>Keeps a result until <see cref="Release"/>: waking a reader costs as much as a step of a small model.</summary>
    public void Hold(T result)
    {
        Handed();
        _held.Add(result);
    }

    /// <summary>Hands out what was kept.</summary>
    public void Release()
    {
        foreach (T result in _held)
        {
            _results.Writer.TryWrite(result);
        }
        _held.Clear();
    }

    protected override void Complete(Exception? error) => _results.Writer.TryComplete(error);
}
