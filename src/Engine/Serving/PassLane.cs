using System.Diagnostics;

namespace Engine.Serving;

/// <summary>Runs requests that need their own context, one after the other, on the owner thread of a model's passes.</summary>
internal sealed class PassLane
{
    private readonly ILoadedModel _model;
    private readonly TimeSpan _patience;
    private readonly Dictionary<PassKind, IPass> _passes = []; // the owner's alone
    private readonly Action _wake;

    /// <param name="model">Opens the passes.</param>
    /// <param name="patience">How long a reader that takes nothing may hold the lane while others wait.</param>
    /// <param name="begins">Called first on the owner thread; null for nothing.</param>
    public PassLane(ILoadedModel model, TimeSpan patience, Action? begins = null)
    {
        (_model, _patience, _wake) = (model, patience, Line.Wake);
        new Thread(() => { begins?.Invoke(); Own(); }) { Name = $"{model.Card.Name} passes", IsBackground = true }.Start();
    }

    /// <summary>Frees memory that an idle batch holds.</summary>
    public Action MakeRoom { get; init; } = static () => { };

    /// <summary>The requests.</summary>
    public RequestLine<PassJob> Line { get; } = new(static job => job.Ticket);

    /// <summary>Waits, on the owner thread, until a reader has room for another result.</summary>
    /// <param name="ticket">The request's.</param>
    /// <param name="most">Results that may wait for the reader.</param>
    /// <exception cref="EngineException">The reader takes nothing while others wait.</exception>
    /// <exception cref="OperationCanceledException">The request was stopped.</exception>
    public void WaitForReader(Ticket ticket, int most)
    {
        long since = Stopwatch.GetTimestamp();
        while (!ticket.IsStopped && ticket.IsFull(most, _wake))
        {
            // New requests wake it, too: what counts is the time since the reader was last seen.
            TimeSpan left = _patience - Stopwatch.GetElapsedTime(since);
            if (left <= TimeSpan.Zero && Line.IsContended)
            {
                throw Ticket.SlowReader(_patience);
            }
            Line.Wait(left > TimeSpan.Zero ? left : Timeout.InfiniteTimeSpan);
        }
        ticket.Stopping.ThrowIfCancellationRequested();
    }

    private void Own()
    {
        while (Next() is { } jobs)
        {
            Run(jobs);
            if (Line.IsAbandoned)
            {
                return;
            }
        }
        if (!Line.IsAbandoned)
        {
            Line.EndAll(Line.Refusal!);
            ClosePasses();
            Line.End();
        }
    }

    /// <summary>The next request, with those that can be answered in the same evaluation.</summary>
    private List<PassJob>? Next()
    {
        while (true)
        {
            Line.EndStopped();
            if (Line.Refusal is not null)
            {
                return null;
            }
            List<PassJob> jobs = Line.Take(static (taken, job) => taken[0].TakesAlong(taken, job));
            if (jobs.Count > 0)
            {
                return jobs;
            }
            Line.Rest(ClosePasses);
        }
    }

    // An error concerns only its request: it goes to that request's reader, and the lane continues with the next one.
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
            if (error is not (EngineException or OperationCanceledException) && !Line.IsAbandoned)
            {
                ClosePasses(); // the cause is unknown, so no earlier state can be trusted
            }
        }
        foreach (PassJob job in jobs)
        {
            Line.Forget(job);
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
            ClosePasses(); // idle passes of other kinds, or the idle batch, may be using the memory
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
}
