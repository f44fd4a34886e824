namespace Engine.Serving;

/// <summary>The requests of one owner thread, waiting and running, and how other threads wake, close or abandon that thread.</summary>
/// <typeparam name="T">A request.</typeparam>
/// <param name="ticketOf">A request's ticket.</param>
/// <param name="counted">Called under the lock with the number of waiting requests whenever it has changed.</param>
// The source is only cancelled: without timer or wait handle it holds nothing to release.
#pragma warning disable CA1001
internal sealed class RequestLine<T>(Func<T, Ticket> ticketOf, Action<int>? counted = null) where T : class
#pragma warning restore CA1001
{
    private readonly object _lock = new(); // a monitor: the owner waits on it
    private readonly LinkedList<T> _waiting = [];
    private readonly HashSet<T> _open = []; // waiting or running
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _signalled;
    private bool _yields;
    private bool _rests;
    private volatile Exception? _refusal;
    private volatile bool _abandoned;

    /// <summary>Completes when the owner has ended or was abandoned.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What new requests are refused with; null while they are taken.</summary>
    public Exception? Refusal => _refusal;

    /// <summary>Whether native code has failed: the owner touches nothing of the model again.</summary>
    public bool IsAbandoned => _abandoned;

    /// <summary>Cancelled when the line is closed.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Whether requests are waiting.</summary>
    public bool IsContended
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count > 0;
            }
        }
    }

    /// <summary>Adds a request. Its ticket will be ended in any case.</summary>
    public void Add(T request)
    {
        lock (_lock)
        {
            if (_refusal is { } refusal)
            {
                throw refusal;
            }
            _waiting.AddLast(request);
            _open.Add(request);
            Count();
            Signal();
        }
    }

    /// <summary>Tells the owner that something has changed.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            Signal();
        }
    }

    /// <summary>Has an idle owner free its memory so that something else fits; returns once it has.</summary>
    public void Yield()
    {
        lock (_lock)
        {
            if (!_rests)
            {
                return; // it is busy, and waiting for it could mean waiting for the caller
            }
            _yields = true;
            Signal();
            while (_yields && _refusal is null)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    /// <summary>Stops all requests and accepts no more. The owner then ends by itself.</summary>
    /// <param name="reason">What their readers see.</param>
    public void Close(Exception reason)
    {
        T[] open;
        lock (_lock)
        {
            _refusal ??= reason;
            open = [.. _open];
            Signal();
        }
        foreach (T request in open)
        {
            ticketOf(request).Stop(reason);
        }
        _closing.Cancel();
        Wake();
    }

    /// <summary>Ends all requests after native code has failed on a thread that will never return; nothing of the model is touched again.</summary>
    public void Abandon(NativeFailureException failure)
    {
        T[] open;
        lock (_lock)
        {
            _abandoned = true;
            _refusal = failure;
            open = Empty();
            Signal();
        }
        foreach (T request in open)
        {
            ticketOf(request).Stop(failure);
            ticketOf(request).End(failure);
        }
        _ended.TrySetResult();
        Wake();
    }

    /// <summary>The owner's: waits for a change.</summary>
    /// <param name="limit">The longest wait.</param>
    public void Wait(TimeSpan limit)
    {
        lock (_lock)
        {
            if (!_signalled)
            {
                Monitor.Wait(_lock, limit);
            }
            _signalled = false;
        }
    }

    /// <summary>The owner's: waits for a change with nothing in work, so that <see cref="Yield"/> may take its memory meanwhile.</summary>
    /// <param name="free">Frees the memory.</param>
    public void Rest(Action free)
    {
        lock (_lock)
        {
            _rests = true;
            Wait(Timeout.InfiniteTimeSpan);
            _rests = false;
            if (_yields)
            {
                free();
                _yields = false;
                Monitor.PulseAll(_lock);
            }
        }
    }

    /// <summary>The owner's: the request that has waited longest; null for none. It stays in the line.</summary>
    public T? First()
    {
        lock (_lock)
        {
            return _waiting.First?.Value;
        }
    }

    /// <summary>The owner's: takes a request out of the line to work on it; nothing happens if a failure of native code has emptied the line meanwhile.</summary>
    public void Take(T request)
    {
        lock (_lock)
        {
            _waiting.Remove(request);
            Count();
        }
    }

    /// <summary>The owner's: takes the first request and those that can be answered with it.</summary>
    /// <param name="joins">Whether a waiting request joins those taken before it.</param>
    /// <returns>Nothing when the line is empty.</returns>
    public List<T> Take(Func<List<T>, T, bool> joins)
    {
        lock (_lock)
        {
            var taken = new List<T>();
            for (LinkedListNode<T>? node = _waiting.First; node is not null;)
            {
                (LinkedListNode<T> one, node) = (node, node.Next);
                if (taken.Count == 0 || joins(taken, one.Value))
                {
                    _waiting.Remove(one);
                    taken.Add(one.Value);
                }
            }
            Count();
            return taken;
        }
    }

    /// <summary>The owner's: puts a request it worked on back, ahead of all others.</summary>
    public void PutBack(T request)
    {
        lock (_lock)
        {
            _waiting.AddFirst(request);
            Count();
        }
    }

    /// <summary>The owner's: a request it worked on has ended.</summary>
    public void Forget(T request)
    {
        lock (_lock)
        {
            _open.Remove(request);
        }
    }

    /// <summary>The owner's: ends the waiting requests that were stopped.</summary>
    public void EndStopped()
    {
        lock (_lock)
        {
            for (LinkedListNode<T>? node = _waiting.First; node is not null;)
            {
                (LinkedListNode<T> one, node) = (node, node.Next);
                if (ticketOf(one.Value).IsStopped)
                {
                    _waiting.Remove(one);
                    _open.Remove(one.Value);
                    ticketOf(one.Value).EndStopped();
                }
            }
            Count();
        }
    }

    /// <summary>The owner's: ends all requests with an error; new ones are taken as before.</summary>
    public void EndAll(Exception error)
    {
        T[] open;
        lock (_lock)
        {
            open = Empty();
        }
        foreach (T request in open)
        {
            ticketOf(request).End(error);
        }
    }

    /// <summary>The owner's: it has ended and freed everything.</summary>
    public void End() => _ended.TrySetResult();

    private T[] Empty()
    {
        T[] open = [.. _open];
        _open.Clear();
        _waiting.Clear();
        Count();
        return open;
    }

    private void Signal()
    {
        _signalled = true;
        Monitor.PulseAll(_lock);
    }

    private void Count() => counted?.Invoke(_waiting.Count);
}
