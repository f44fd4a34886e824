using System.Runtime.InteropServices;

namespace Engine.Serving;

/// <summary>The sequences of a batch: which generation has which sequence, what it holds, and what others can share of it.</summary>
/// <param name="batch">The backend's.</param>
/// <param name="counters">Counts what was shared.</param>
internal sealed class BatchSequences(ISequenceBatch batch, ServingCounters counters)
{
    // Copying less is not worth the cost; a sequence continued in place costs nothing and has no such limit.
    private const int WorthSharing = 16;

    private readonly CellLedger _cells = new(batch.Sequences, batch.Cells, batch.IsUnified);
    private readonly PrefixIndex _held = new(batch.Sequences);
    private readonly BatchedGeneration?[] _owners = new BatchedGeneration?[batch.Sequences];

    /// <summary>The backend's batch.</summary>
    public ISequenceBatch Batch { get; } = batch;

    /// <summary>Tokens that running generations hold; a prefix that several share counts for each.</summary>
    public int Held => Enumerable.Range(0, _owners.Length).Sum(sequence => _owners[sequence] is null ? 0 : _cells.LengthOf(sequence));

    /// <summary>The maximum number of tokens that one sequence holds.</summary>
    public int MaxTokens => Batch.IsUnified ? Batch.Cells : Batch.Cells / Batch.Sequences;

    private IEnumerable<int> Idle => Enumerable.Range(0, _owners.Length).Where(sequence => _owners[sequence] is null);

    /// <summary>Tokens of a generation that are evaluated.</summary>
    public int Evaluated(BatchedGeneration generation) => _cells.LengthOf(generation.Sequence!.Value);

    /// <summary>Cells that a generation finds, after what finished ones hold has been given up for it.</summary>
    /// <param name="generation">Has a sequence.</param>
    /// <param name="wanted">The number of cells it wants.</param>
    /// <param name="spoken">The number of cells that others take in the same step.</param>
    public int RoomFor(BatchedGeneration generation, int wanted, int spoken)
    {
        int sequence = generation.Sequence!.Value;
        if (!Batch.IsUnified)
        {
            return Math.Min(wanted, _cells.FreeFor(sequence));
        }
        while (_cells.FreeFor(sequence) < wanted + spoken && EvictOne())
        {
        }
        return Math.Clamp(_cells.FreeFor(sequence) - spoken, 0, wanted);
    }

    /// <summary>Gives a generation a sequence that starts with whatever the cache already holds of its tokens.</summary>
    /// <param name="generation">A generation that waits or is parked.</param>
    /// <param name="running">The generations that have sequences, oldest first.</param>
    /// <returns>Whether there are a sequence and cells for it.</returns>
    public bool TryPlace(BatchedGeneration generation, IReadOnlyList<BatchedGeneration> running)
    {
        (int donor, int length) = _held.Longest(generation.Tokens, MaxShared(generation));
        bool resumes = generation.Parked is { } parked && parked.Length >= length;
        // Continue in place if the donor is free and most of what it holds is used, or if no other sequence is free.
        int? other = _held.LeastRecentlyUsed(Idle.Where(sequence => sequence != donor || length == 0));
        bool inPlace = length > 0 && !resumes && _owners[donor] is null && (other is null || 2 * length >= _cells.LengthOf(donor));
        int? target = inPlace ? donor : resumes ? _held.LeastRecentlyUsed(Idle) : other;
        if (target is not { } sequence)
        {
            return false;
        }
        bool shares = !inPlace && !resumes && length >= WorthSharing;
        if (!MakeRoom(generation, sequence, running.Count == 0, inPlace ? length : 0, shares ? donor : null, shares ? length : 0))
        {
            return false;
        }
        Cut(sequence, inPlace ? length : 0);
        (_owners[sequence], generation.Sequence) = (generation, sequence);
        if (resumes)
        {
            Restore(generation, sequence);
        }
        else if (shares)
        {
            Share(donor, generation, length);
        }
        Count(generation, 0);
        generation.Parked = null;
        Follow(generation, running);
        return true;
    }

    /// <summary>Lets a generation wait for an older one that is about to evaluate more of their common prefix, or shares what that one has already evaluated.</summary>
    /// <returns>Whether it waits.</returns>
    public bool Follow(BatchedGeneration generation, IReadOnlyList<BatchedGeneration> running)
    {
        int evaluated = Evaluated(generation);
        if (generation.Leader is { } leader)
        {
            if (IsAhead(leader) && Evaluated(leader) < generation.LeaderLength)
            {
                return true;
            }
            generation.Leader = null;
            (int donor, int length) = _held.Longest(generation.Tokens, MaxShared(generation));
            if (length >= evaluated + WorthSharing && donor != generation.Sequence)
            {
                Cut(generation.Sequence!.Value, 0);
                Share(donor, generation, length);
                Count(generation, evaluated);
                evaluated = Evaluated(generation);
            }
        }
        foreach (BatchedGeneration older in running)
        {
            if (older == generation)
            {
                break;
            }
            int length = Math.Min(MaxShared(generation), PrefixIndex.Common(older.Tokens, generation.Tokens));
            if (IsAhead(older) && length >= evaluated + WorthSharing && Evaluated(older) < length)
            {
                (generation.Leader, generation.LeaderLength) = (older, length);
                return true;
            }
        }
        return false;
    }

    /// <summary>Evaluates a step.</summary>
    /// <returns>How it ended; afterwards the lengths of all sequences are accurate again.</returns>
    public StepOutcome Step(IReadOnlyList<SequenceChunk> chunks, CancellationToken abort)
    {
        StepOutcome outcome;
        try
        {
            outcome = Batch.Step(chunks, abort);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            outcome = StepOutcome.Aborted;
        }
        foreach (SequenceChunk chunk in chunks)
        {
            if (outcome == StepOutcome.Done)
            {
                _cells.Append(chunk.Sequence, chunk.Tokens.Length);
                _held.Append(chunk.Sequence, chunk.Tokens.Span);
            }
            else if (outcome == StepOutcome.Aborted)
            {
                Cut(chunk.Sequence, _cells.LengthOf(chunk.Sequence));
            }
        }
        counters.Cells = Held;
        return outcome;
    }

    /// <summary>Gives up what finished generations left.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool EvictAll()
    {
        bool any = false;
        while (EvictOne())
        {
            any = true;
        }
        return any;
    }

    /// <summary>Called when a generation has ended. What its sequence holds is kept for others until the cells are needed.</summary>
    public void Release(BatchedGeneration generation)
    {
        _owners[generation.Sequence!.Value] = null;
        generation.Sequence = null;
    }

    /// <summary>Discards what a generation's sequence holds, because nobody can use it.</summary>
    public void Discard(BatchedGeneration generation) => Cut(generation.Sequence!.Value, 0);

    /// <summary>Frees a generation's cells; it continues from a copy of them, or evaluates its tokens again.</summary>
    public void Park(BatchedGeneration generation)
    {
        int sequence = generation.Sequence!.Value;
        int length = _cells.LengthOf(sequence);
        if (length > 0 && Batch.Save(sequence) is { } state)
        {
            generation.Parked = (state, length);
        }
        foreach (BatchedGeneration follower in _owners.OfType<BatchedGeneration>().Where(follower => follower.Leader == generation))
        {
            follower.Leader = null; // when it comes back it may itself follow this one
        }
        generation.Leader = null;
        Cut(sequence, 0);
        Release(generation);
    }

    // A generation with a stalled reader evaluates nothing, and any follower would wait for that reader, too.
    private static bool IsAhead(BatchedGeneration leader) => leader is { Sequence: not null, PausedSince: null };

    // The last token is evaluated for its row; and no piece of a prompt is shorter than the smallest.
    private int MaxShared(BatchedGeneration generation) => Math.Max(0, generation.Tokens.Count - Math.Max(1, Batch.SmallestPiece));

    private void Restore(BatchedGeneration generation, int sequence)
    {
        (byte[] state, int length) = generation.Parked!.Value;
        if (Batch.TryRestore(sequence, state))
        {
            _cells.Append(sequence, length);
            _held.Append(sequence, CollectionsMarshal.AsSpan(generation.Tokens)[..length]);
        }
    }

    private void Share(int donor, BatchedGeneration generation, int length)
    {
        int sequence = generation.Sequence!.Value;
        if (Batch.TryShare(donor, sequence, length))
        {
            _cells.Share(donor, sequence, length);
            _held.Append(sequence, CollectionsMarshal.AsSpan(generation.Tokens)[..length]);
        }
    }

    // The prompt tokens that a generation need not evaluate, beyond those it had. A parked generation has already evaluated its own once.
    private void Count(BatchedGeneration generation, int before)
    {
        if (generation.Tokens.Count == generation.PromptTokens && generation.Parked is null && Evaluated(generation) > before)
        {
            counters.Shared(Evaluated(generation) - before);
            generation.CachedTokens = Evaluated(generation);
        }
    }

    private bool MakeRoom(BatchedGeneration generation, int sequence, bool alone, int inPlace, int? donor, int shared)
    {
        if (!Batch.IsUnified)
        {
            return true;
        }
        int needed = generation.Tokens.Count - inPlace - shared + generation.Reserve;
        int freed = inPlace == 0 ? _cells.OwnCells(sequence) : 0;
        int evictable = Idle.Where(idle => idle != sequence && idle != donor).Sum(_cells.OwnCells);
        if (_cells.FreeFor(sequence) + freed + evictable < needed && !alone)
        {
            return false;
        }
        Cut(sequence, inPlace);
        while (_cells.FreeFor(sequence) < needed && EvictOne(donor, sequence))
        {
        }
        return true;
    }

    private bool EvictOne(params int?[] kept)
    {
        if (_held.LeastRecentlyUsed(Idle.Where(idle => !kept.Contains(idle) && _cells.LengthOf(idle) > 0)) is not { } sequence)
        {
            return false;
        }
        Cut(sequence, 0);
        return true;
    }

    // A sequence that cannot be truncated is emptied, and its tokens are evaluated again.
    private void Cut(int sequence, int from)
    {
        from = Math.Min(from, _cells.LengthOf(sequence));
        if (!Batch.TryRemove(sequence, from) && from > 0)
        {
            from = 0;
            if (!Batch.TryRemove(sequence, 0))
            {
                throw new InvalidOperationException($"The batch could not empty its sequence {sequence}.");
            }
        }
        _cells.Cut(sequence, from);
        _held.Cut(sequence, from);
    }
}
