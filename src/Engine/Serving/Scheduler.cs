namespace Engine.Serving;

/// <summary>Runs the generations of one model side by side: the owner thread of its batch, and the only code that changes its sequences.</summary>
/// <remarks>A turn is one page: retire who is done, admit who waits, plan a step, evaluate it, and make a token of each row.</remarks>
// Its source is only cancelled: without timer or wait handle it holds nothing to release.
#pragma warning disable CA1001
internal sealed class Scheduler
#pragma warning restore CA1001
{
    // Quicker steps than this hand out several tokens at once.
    private static readonly TimeSpan HandOut = TimeSpan.FromMilliseconds(1);

    private readonly ILoadedModel _model;
    private readonly ServingOptions _options;
    private readonly BatchShape _shape;
    private readonly ServingCounters _counters;
    private readonly TimeProvider _time;
    private readonly object _lock = new(); // a monitor: the owner waits on it
    private readonly LinkedList<BatchedGeneration> _waiting = [];
    private readonly HashSet<BatchedGeneration> _open = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action _wake;
    private readonly List<BatchedGeneration> _running = []; // the owner's alone, oldest first
    private BatchSequences? _sequences; // the owner's alone
    private StepBudget _budget = new(1);
    private long _handedOut;
    private bool _signalled;
    private bool _yields;
    private bool _rests;
    private volatile Exception? _refusal;
    private volatile bool _abandoned;

    /// <param name="model">Has a batch.</param>
    /// <param name="options">How requests share it.</param>
    /// <param name="counters">Counts what happens.</param>
    /// <param name="time">Times tokens and steps.</param>
    public Scheduler(ILoadedModel model, ServingOptions options, ServingCounters counters, TimeProvider time)
    {
        (_model, _options, _counters, _time, _wake) = (model, options, counters, time, Wake);
        _shape = options.ShapeFor(model.Card);
        new Thread(Own) { Name = $"{model.Card.Name} batch", IsBackground = true }.Start();
    }

    /// <summary>Frees memory that idle passes hold.</summary>
    public Action MakeRoom { get; init; } = static () => { };

    /// <summary>Completes when the owner thread has ended and freed the batch.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Whether somebody waits for a place.</summary>
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

    /// <summary>Takes a generation in; its ticket is ended, whatever happens.</summary>
    public void Add(BatchedGeneration generation)
    {
        lock (_lock)
        {
            if (_refusal is { } refusal)
            {
                throw refusal;
            }
            _waiting.AddLast(generation);
            _open.Add(generation);
            _counters.Waiting = _waiting.Count;
        }
        Wake();
    }

    /// <summary>Something has changed that the owner should look at.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            _signalled = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Frees the batch where nobody uses it, so that something else fits the memory.</summary>
    public void Yield()
    {
        lock (_lock)
        {
            if (!_rests)
            {
                return; // busy: waiting for it could be waiting for the caller
            }
            (_yields, _signalled) = (true, true);
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
        BatchedGeneration[] open;
        lock (_lock)
        {
            _refusal ??= reason;
            open = [.. _open];
            Monitor.PulseAll(_lock);
        }
        foreach (BatchedGeneration generation in open)
        {
            generation.Ticket.Stop(reason);
        }
        _closing.Cancel();
        Wake();
    }

    /// <summary>Ends all requests after native code has failed on a thread that will never return; nothing of the model is touched again.</summary>
    public void Abandon(NativeFailureException failure)
    {
        BatchedGeneration[] open;
        lock (_lock)
        {
            _abandoned = true;
            _refusal = failure;
            open = [.. _open];
            _open.Clear();
            _waiting.Clear();
            Monitor.PulseAll(_lock);
        }
        foreach (BatchedGeneration generation in open)
        {
            generation.Ticket.Stop(failure);
            generation.Ticket.End(failure);
        }
        _counters.Clear();
        _ended.TrySetResult();
        Wake();
    }

    private void Own()
    {
        bool idle = false;
        while (WaitForWork(idle))
        {
            try
            {
                Retire();
                Admit();
                idle = !Advance();
            }
            catch (Exception error)
            {
                // Of unknown cause, or the batch's own: nobody trusts its state after it. Each request gets the error, the next one a new batch.
                EndAll(error);
                Drop();
                idle = true;
            }
            if (_abandoned)
            {
                _counters.Clear(); // where it was the lane's thread that failed, this one has counted since
                return;
            }
        }
        if (!_abandoned)
        {
            EndAll(_refusal!);
            Drop();
            _ended.TrySetResult();
        }
    }

    /// <summary>Waits where there is nothing to do.</summary>
    /// <returns>Whether the model is still open.</returns>
    private bool WaitForWork(bool idle)
    {
        lock (_lock)
        {
            _rests = idle && _running.Count == 0;
            while (_refusal is null && idle && !_signalled)
            {
                if (_running.Exists(generation => generation.PausedSince is not null))
                {
                    if (!Monitor.Wait(_lock, _options.Patience))
                    {
                        break;
                    }
                }
                else
                {
                    Monitor.Wait(_lock);
                }
            }
            (_signalled, _rests) = (false, false);
            if (_yields)
            {
                Drop();
                _yields = false;
                Monitor.PulseAll(_lock);
            }
            return _refusal is null;
        }
    }

    /// <summary>Ends those that nobody reads any more.</summary>
    private void Retire()
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            BatchedGeneration generation = _running[i];
            if (generation.PausedSince is { } since && _time.GetElapsedTime(since) >= _options.Patience && IsContended)
            {
                generation.Ticket.Stop(new EngineException(
                    $"Handing out results: none were read for {_options.Patience.TotalSeconds:0.#} s while other requests waited for the model, "
                    + "so this request was aborted. Read the results as they come, or ask for fewer logits."));
            }
            if (generation.Ticket.IsStopped)
            {
                Finish(generation);
                generation.Ticket.EndStopped();
            }
        }
        lock (_lock)
        {
            for (LinkedListNode<BatchedGeneration>? node = _waiting.First; node is not null;)
            {
                (LinkedListNode<BatchedGeneration> one, node) = (node, node.Next);
                if (one.Value.Ticket.IsStopped)
                {
                    _waiting.Remove(one);
                    _open.Remove(one.Value);
                    one.Value.Ticket.EndStopped();
                }
            }
            _counters.Waiting = _waiting.Count;
        }
    }

    /// <summary>Gives sequences to those that wait, in their order, as long as there are sequences and cells.</summary>
    private void Admit()
    {
        while (_running.Count < _shape.Sequences)
        {
            BatchedGeneration next;
            lock (_lock)
            {
                if (_waiting.First is null)
                {
                    return;
                }
                next = _waiting.First.Value;
            }
            Open();
            if (!TryBegin(next))
            {
                continue;
            }
            if (!_sequences!.TryPlace(next, _running))
            {
                return;
            }
            TakeFirst();
            next.Started ??= _time.GetTimestamp();
            _running.Add(next);
            Count();
            if (next.Continuation.IsFinished)
            {
                Finish(next);
                next.Ticket.End();
            }
        }
    }

    // A request whose state cannot be made has its own error.
    private bool TryBegin(BatchedGeneration generation)
    {
        try
        {
            return generation.Continuation is not null;
        }
        catch (Exception error)
        {
            TakeFirst();
            lock (_lock)
            {
                _open.Remove(generation);
            }
            generation.Ticket.End(error);
            return false;
        }
    }

    // The line may have changed at its end, not at its beginning: only this thread takes from it.
    private void TakeFirst()
    {
        lock (_lock)
        {
            if (_waiting.First is not null) // all are gone where native code has failed meanwhile
            {
                _waiting.RemoveFirst();
            }
            _counters.Waiting = _waiting.Count;
        }
    }

    /// <summary>Plans a step and makes it.</summary>
    /// <returns>Whether there was one.</returns>
    private bool Advance()
    {
        if (_running.Count == 0)
        {
            return false;
        }
        foreach (BatchedGeneration generation in _running)
        {
            bool paused = generation.Ticket.IsFull(generation.MaxUnread, _wake);
            generation.PausedSince = paused ? generation.PausedSince ?? _time.GetTimestamp() : null;
        }
        if (EndTooLong())
        {
            return true;
        }
        var plan = StepPlan.Make(_running, _sequences!, _budget);
        if (plan.Chunks.Count == 0)
        {
            ReleaseAll();
            // All wait for readers, or none finds a cell: then the youngest makes room for the older ones.
            return plan.LacksCells && Park();
        }
        // Alone, a request is left at once; among others its end is looked at between steps.
        CancellationToken abort = _running.Count == 1 ? _running[0].Ticket.Stopping : _closing.Token;
        long start = _time.GetTimestamp();
        StepOutcome outcome = _sequences!.Step(plan.Chunks, abort);
        if (outcome == StepOutcome.NoRoom && !_sequences.EvictAll() && !Park())
        {
            throw new EngineException($"Evaluating {plan.Tokens} tokens with {_model.Card.Name}: expected room in a cache of {_shape.Cells} tokens, the backend has none. Raise CacheTokens.");
        }
        if (outcome == StepOutcome.Done)
        {
            _budget.Record(plan.Tokens, _time.GetElapsedTime(start), plan.ReadsOnly);
            _counters.Stepped(plan.Tokens);
            Accept(plan);
        }
        return true;
    }

    /// <summary>Ends those that have more tokens than a sequence of this batch ever holds: no cell that others free would help them.</summary>
    /// <returns>Whether there were such.</returns>
    private bool EndTooLong()
    {
        BatchedGeneration[] ended = [.. _running.Where(generation => generation.Tokens.Count > _sequences!.MaxTokens)];
        foreach (BatchedGeneration generation in ended)
        {
            Finish(generation);
            generation.Ticket.Release();
            generation.Ticket.End(new EngineException(
                $"Generating with {_model.Card.Name}: expected at most the {_sequences!.MaxTokens} tokens that the cache holds of one generation, found {generation.Tokens.Count} tokens of prompt and answer. "
                + $"Raise CacheTokens to Slots times ContextLength, which is {(long)_shape.Sequences * _model.Card.ContextLength}, or lower ContextLength."));
        }
        return ended.Length > 0;
    }

    /// <summary>Makes a token of each row.</summary>
    private void Accept(StepPlan plan)
    {
        (int Chunk, BatchedGeneration Generation)[] rows = [.. plan.Rows];
        var results = new (GeneratedToken? Token, Exception? Error)[rows.Length];
        if (rows.Length >= 4 && (long)rows.Length * _model.Card.VocabularySize >= 1 << 18)
        {
            Parallel.For(0, rows.Length, i => results[i] = Choose(rows[i]));
        }
        else
        {
            for (int i = 0; i < rows.Length; i++)
            {
                results[i] = Choose(rows[i]);
            }
        }
        for (int i = 0; i < rows.Length; i++)
        {
            BatchedGeneration generation = rows[i].Generation;
            if (results[i].Error is { } error)
            {
                _sequences!.Discard(generation); // what computed NaN is no prefix for others
                Finish(generation);
                generation.Ticket.Release();
                generation.Ticket.End(error);
                continue;
            }
            generation.Ticket.Hold(results[i].Token! with { Elapsed = _time.GetElapsedTime(generation.Started!.Value), CachedTokens = generation.CachedTokens });
            if (generation.Continuation.IsFinished)
            {
                Finish(generation);
                generation.Ticket.Release();
                generation.Ticket.End();
            }
            else
            {
                generation.Tokens.AddRange(generation.Continuation.Pending);
            }
        }
        if (_time.GetElapsedTime(_handedOut) >= HandOut)
        {
            ReleaseAll();
        }
    }

    private void ReleaseAll()
    {
        foreach (BatchedGeneration generation in _running)
        {
            generation.Ticket.Release();
        }
        _handedOut = _time.GetTimestamp();
    }

    // Whatever choosing a token meets is that request's alone.
    private (GeneratedToken? Token, Exception? Error) Choose((int Chunk, BatchedGeneration Generation) row)
    {
        try
        {
            return (row.Generation.Continuation.Accept(_sequences!.Batch.Row(row.Chunk)), null);
        }
        catch (Exception error)
        {
            return (null, error);
        }
    }

    /// <summary>Takes the cells of the youngest, or rather of one whose reader is slow; it continues when there is room.</summary>
    private bool Park()
    {
        if (_running.Count < 2)
        {
            return false;
        }
        BatchedGeneration youngest = _running.FindLast(generation => generation.PausedSince is not null) ?? _running[^1];
        youngest.Ticket.Release();
        _sequences!.Park(youngest);
        _running.Remove(youngest);
        _counters.Parked();
        lock (_lock)
        {
            _waiting.AddFirst(youngest);
            _counters.Waiting = _waiting.Count;
        }
        Count();
        return true;
    }

    private void Finish(BatchedGeneration generation)
    {
        _sequences!.Release(generation);
        _running.Remove(generation);
        lock (_lock)
        {
            _open.Remove(generation);
        }
        Count();
    }

    private void Count() => (_counters.Running, _counters.Cells) = (_running.Count, _sequences!.Held);

    private void Open()
    {
        if (_sequences is not null)
        {
            return;
        }
        ISequenceBatch batch;
        try
        {
            batch = _model.OpenBatch(_shape);
        }
        catch (InsufficientMemoryException)
        {
            MakeRoom();
            batch = _model.OpenBatch(_shape);
        }
        _sequences = new BatchSequences(batch, _counters);
        _budget = new StepBudget(batch.StepTokens);
    }

    private void Drop()
    {
        _sequences?.Batch.Dispose();
        _sequences = null;
    }

    private void EndAll(Exception error)
    {
        BatchedGeneration[] open;
        lock (_lock)
        {
            open = [.. _open];
            _open.Clear();
            _waiting.Clear();
        }
        _running.Clear();
        _counters.Clear();
        foreach (BatchedGeneration generation in open)
        {
            generation.Ticket.End(error);
        }
    }
}
