using System.Diagnostics;

namespace Engine.Serving;

/// <summary>Runs what needs a context to itself, one request after the other: the owner thread of a model's passes.</summary>
internal sealed class PassLane
{
    private readonly ILoadedModel _model;
    private readonly TimeSpan _patience;
    private readonly object _lock = new(); // a monitor: the owner waits on it
    private readonly LinkedList<PassJob> _waiting = [];
    private readonly Dictionary<PassKind, IPass> _passes = []; // the owner's alone
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action _wake;
    private IReadOnlyList<PassJob> _running = [];
    private bool _yields;
    private bool _rests;
    private volatile Exception? _refusal;
    private volatile bool _abandoned;

    /// <param name="model">Opens the passes.</param>
    /// <param name="patience">How long a reader that takes nothing may hold the lane while others wait.</param>
    /// <param name="begins">Called first on the owner thread; null for nothing.</param>
    public PassLane(ILoadedModel model, TimeSpan patience, Action? begins = null)
    {
        (_model, _patience, _wake) = (model, patience, Wake);
        new Thread(() => { begins?.Invoke(); Own(); }) { Name = $"{model.Card.Name} passes", IsBackground = true }.Start();
    }

    /// <summary>Frees memory that an idle batch holds.</summary>
    public Action MakeRoom { get; init; } = static () => { };

    /// <summary>Completes when the owner thread has ended and freed the passes.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Takes a request in; its ticket is ended, whatever happens.</summary>
    public void Add(PassJob job)
    {
        lock (_lock)
        {
            if (_refusal is { } refusal)
            {
                throw refusal;
            }
            _waiting.AddLast(job);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Something has changed that the owner should look at.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Frees the passes where nobody uses them, so that something else fits the memory.</summary>
    public void Yield()
    {
        lock (_lock)
        {
            if (!_rests)
            {
                return; // busy: waiting for it could be waiting for the caller
            }
            _yields = true;
            Monitor.PulseAll(_lock);
            while (_yields && _refusal is null)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    /// <summary>Ends all requests, then the thread.</summary>
    /// <param name="reason">What their readers see.</param>
    public void Close(Exception reason)
    {
        PassJob[] open;
        lock (_lock)
        {
            _refusal ??= reason;
            open = [.. _running, .. _waiting];
            Monitor.PulseAll(_lock);
        }
        foreach (PassJob job in open)
        {
            job.Ticket.Stop(reason);
        }
        Wake();
    }

    /// <summary>Ends all requests after native code has failed on a thread that will never return; nothing of the model is touched again.</summary>
    public void Abandon(NativeFailureException failure)
    {
        PassJob[] open;
        lock (_lock)
        {
            _abandoned = true;
            _refusal = failure;
            open = [.. _running, .. _waiting];
            _waiting.Clear();
            Monitor.PulseAll(_lock);
        }
        foreach (PassJob job in open)
        {
            job.Ticket.Stop(failure);
            job.Ticket.End(failure);
        }
        _ended.TrySetResult();
    }

    /// <summary>Waits, on the owner thread, until a reader has room for another result.</summary>
    /// <param name="ticket">The request's.</param>
    /// <param name="most">Results that may wait for the reader.</param>
    /// <exception cref="EngineException">The reader takes nothing while others wait.</exception>
    /// <exception cref="OperationCanceledException">The request was stopped.</exception>
    public void WaitForReader(Ticket ticket, int most)
    {
        long since = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            while (!ticket.IsStopped && ticket.IsFull(most, _wake))
            {
                // New requests wake it, too: what counts is the time since the reader was last seen.
                TimeSpan left = _patience - Stopwatch.GetElapsedTime(since);
                if (left > TimeSpan.Zero)
                {
                    Monitor.Wait(_lock, left);
                }
                else if (_waiting.Count == 0)
                {
                    Monitor.Wait(_lock);
                }
                else
                {
                    throw new EngineException(
                        $"Handing out results: none were read for {_patience.TotalSeconds:0.#} s while other requests waited for the model, "
                        + "so this request was aborted. Read the results as they come, or ask for fewer logits.");
                }
            }
        }
        ticket.Stopping.ThrowIfCancellationRequested();
    }

    private void Own()
    {
        while (Next() is { } jobs)
        {
            Run(jobs);
            if (_abandoned)
            {
                return;
            }
        }
        if (!_abandoned)
        {
            EndWaiting();
            ClosePasses();
            _ended.TrySetResult();
        }
    }

    /// <summary>The next request, with those that can be answered in the same evaluation.</summary>
    private List<PassJob>? Next()
    {
        lock (_lock)
        {
            _running = [];
            while (true)
            {
                if (_yields)
                {
                    ClosePasses();
                    _yields = false;
                    Monitor.PulseAll(_lock);
                }
                DropStopped();
                if (_refusal is not null)
                {
                    return null;
                }
                if (_waiting.First is { } first)
                {
                    _rests = false;
                    _waiting.RemoveFirst();
                    var jobs = new List<PassJob> { first.Value };
                    for (LinkedListNode<PassJob>? node = _waiting.First; node is not null;)
                    {
                        (LinkedListNode<PassJob> one, node) = (node, node.Next);
                        if (jobs[0].TakesAlong(jobs, one.Value))
                        {
                            _waiting.Remove(one);
                            jobs.Add(one.Value);
                        }
                    }
                    _running = jobs;
                    return jobs;
                }
                _rests = true;
                Monitor.Wait(_lock);
            }
        }
    }

    private void DropStopped()
    {
        for (LinkedListNode<PassJob>? node = _waiting.First; node is not null;)
        {
            (LinkedListNode<PassJob> one, node) = (node, node.Next);
            if (one.Value.Ticket.IsStopped)
            {
                _waiting.Remove(one);
                one.Value.Ticket.EndStopped();
            }
        }
    }

    // Whatever a request meets is that request's alone: it goes to its reader, and the lane takes the next one.
    private void Run(List<PassJob> jobs)
    {
        Exception? outcome = null;
        try
        {
            jobs[0].Run(PassFor(_model.Shared(jobs[0].Kind)), jobs);
        }
        catch (Exception error)
        {
            outcome = error;
            if (error is not (EngineException or OperationCanceledException) && !_abandoned)
            {
                ClosePasses(); // of unknown cause: no state made before it is trusted after it
            }
        }
        foreach (PassJob job in jobs)
        {
            job.Ticket.End(outcome);
        }
    }

    private IPass PassFor(PassKind kind)
    {
        if (_passes.TryGetValue(kind, out IPass? pass))
        {
            return pass;
        }
        try
        {
            pass = _model.OpenPass(kind);
        }
        catch (InsufficientMemoryException)
        {
            ClosePasses(); // idle passes of other kinds, or the idle batch, may be what is in the way
            MakeRoom();
            pass = _model.OpenPass(kind);
        }
        return _passes[kind] = pass;
    }

    private void ClosePasses()
    {
        foreach (IPass pass in _passes.Values)
        {
            pass.Dispose();
        }
        _passes.Clear();
    }

    private void EndWaiting()
    {
        lock (_lock)
        {
            foreach (PassJob job in _waiting)
            {
                job.Ticket.End(_refusal);
            }
            _waiting.Clear();
        }
    }
}
