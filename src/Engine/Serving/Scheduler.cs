namespace Engine.Serving;

/// <summary>Runs the generations of one model side by side: the owner thread of its batch, and the only code that changes its sequences.</summary>
/// <remarks>Each round: retire generations that are done, admit waiting ones, plan a step, evaluate it, and choose a token from each row.</remarks>
internal sealed class Scheduler
{
    // If steps are faster than this, several tokens are handed out at once, because waking readers costs as much as such a step.
    private static readonly TimeSpan HandOut = TimeSpan.FromMilliseconds(1);

    private readonly ILoadedModel _model;
    private readonly ServingOptions _options;
    private readonly BatchShape _shape;
    private readonly ServingCounters _counters;
    private readonly TimeProvider _time;
    private readonly Action _wake;
    private readonly List<BatchedGeneration> _running = []; // the owner's alone, oldest first
    private BatchSequences? _sequences; // the owner's alone
    private StepBudget _budget = new(1);
    private long _handedOut;

    /// <param name="model">The model, which must support batches.</param>
    /// <param name="options">How requests share it.</param>
    /// <param name="counters">Counts what happens.</param>
    /// <param name="time">Times tokens and steps.</param>
    public Scheduler(ILoadedModel model, ServingOptions options, ServingCounters counters, TimeProvider time)
    {
        (_model, _options, _counters, _time) = (model, options, counters, time);
        Line = new(static generation => generation.Ticket, waiting => counters.Waiting = waiting);
        _wake = Line.Wake;
        _shape = options.ShapeFor(model.Card);
        new Thread(Own) { Name = $"{model.Card.Name} batch", IsBackground = true }.Start();
    }

    /// <summary>Frees memory that idle passes hold.</summary>
    public Action MakeRoom { get; init; } = static () => { };

    /// <summary>The generations that it runs, and those that wait for a place.</summary>
    public RequestLine<BatchedGeneration> Line { get; }

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
                // The cause is unknown, so the batch's state cannot be trusted. Each request gets the error, and the next one a new batch.
                EndAll(error);
                Drop();
                idle = true;
            }
            if (Line.IsAbandoned)
            {
                _counters.Clear(); // if the lane's thread failed, this one has counted since
                return;
            }
        }
        if (!Line.IsAbandoned)
        {
            EndAll(Line.Refusal!);
            Drop();
            Line.End();
        }
    }

    /// <summary>Waits while there is nothing to do.</summary>
    /// <returns>Whether the model is still open.</returns>
    private bool WaitForWork(bool idle)
    {
        if (idle && _running.Count == 0)
        {
            Line.Rest(Drop);
        }
        else if (idle)
        {
            Line.Wait(_running.Exists(generation => generation.PausedSince is not null) ? _options.Patience : Timeout.InfiniteTimeSpan);
        }
        return Line.Refusal is null;
    }

    /// <summary>Ends generations that nobody reads any longer.</summary>
    private void Retire()
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            BatchedGeneration generation = _running[i];
            if (generation.PausedSince is { } since && _time.GetElapsedTime(since) >= _options.Patience && Line.IsContended)
            {
                generation.Ticket.Stop(Ticket.SlowReader(_options.Patience));
            }
            if (generation.Ticket.IsStopped)
            {
                Finish(generation);
                generation.Ticket.EndStopped();
            }
        }
        Line.EndStopped();
    }

    /// <summary>Gives sequences to waiting generations, in order, as long as there are sequences and cells.</summary>
    private void Admit()
    {
        while (_running.Count < _shape.Sequences && Line.First() is { } next)
        {
            Open();
            if (!TryBegin(next))
            {
                continue;
            }
            if (!_sequences!.TryPlace(next, _running))
            {
                return;
            }
            Line.Take(next);
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

    // A failure to create a generation's state concerns only that request.
    private bool TryBegin(BatchedGeneration generation)
    {
        try
        {
            return generation.Continuation is not null;
        }
        catch (Exception error)
        {
            Line.Take(generation);
            Line.Forget(generation);
            generation.Ticket.End(error);
            return false;
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
            // Either all wait for readers, or none finds a cell. In the latter case the youngest makes room for the older ones.
            return plan.LacksCells && Park();
        }
        // A lone request can be aborted mid-step; among others, a stop takes effect between steps.
        CancellationToken abort = _running.Count == 1 ? _running[0].Ticket.Stopping : Line.Closing;
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

    /// <summary>Ends generations with more tokens than a sequence of this batch can ever hold: cells freed by others would not help them.</summary>
    /// <returns>Whether there were any.</returns>
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

    /// <summary>Chooses a token from each row.</summary>
    private void Accept(StepPlan plan)
    {
        (int Chunk, BatchedGeneration Generation)[] rows = [.. plan.Rows];
        (GeneratedToken? Token, Exception? Error)[] results = TokenChoice.Of(rows, _sequences!.Batch, _model.Card.VocabularySize);
        for (int i = 0; i < rows.Length; i++)
        {
            BatchedGeneration generation = rows[i].Generation;
            if (results[i].Error is { } error)
            {
                _sequences!.Discard(generation); // others must not share a prefix that gave NaN
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

    /// <summary>Parks the youngest generation, or preferably one whose reader is slow; it continues when there is room.</summary>
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
        Line.PutBack(youngest);
        Count();
        return true;
    }

    private void Finish(BatchedGeneration generation)
    {
        _sequences!.Release(generation);
        _running.Remove(generation);
        Line.Forget(generation);
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
        _running.Clear();
        _counters.Clear();
        Line.EndAll(error);
    }
}
