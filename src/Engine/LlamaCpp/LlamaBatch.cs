using System.Buffers.Binary;
using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>The generations of a model in one context.</summary>
/// <param name="model">The weights.</param>
/// <param name="context">Owned from now on.</param>
internal sealed unsafe class LlamaBatch(LlamaModel model, LlamaContext context) : ISequenceBatch
{
    private const int HeaderBytes = 16 + sizeof(int);

    // Only states made by this batch are restored, because llama.cpp trusts a state and allocates as much memory as it says.
    private readonly byte[] _ownId = Guid.NewGuid().ToByteArray();
    private readonly nint[] _rows = new nint[context.Shape.Sequences];
    private readonly int[] _lastTokens = new int[context.Shape.Sequences];
    private readonly float[]?[] _copies = new float[context.Shape.Sequences][];
    private readonly bool[] _hasCopy = new bool[context.Shape.Sequences];

    /// <inheritdoc/>
    public int Sequences => context.Shape.Sequences;

    /// <inheritdoc/>
    public int Cells => context.Shape.Cells;

    /// <inheritdoc/>
    public int StepTokens => context.Batch;

    /// <inheritdoc/>
    public bool IsUnified => context.Shape.IsUnified;

    /// <inheritdoc/>
    /// <remarks>Measured: with F32 keys and values and no flash attention a prompt gives the same rows to the last bit however it is
    /// cut, except for pieces of one token, whose products are computed by other code. A prompt that shares all but one token leaves such a piece.</remarks>
    public int SmallestPiece => IsExact ? 2 : 1;

    private bool IsExact => context.Shape.Numerics == Numerics.Strict;

    /// <inheritdoc/>
    public int LengthOf(int sequence) => context.LengthOf(sequence);

    /// <inheritdoc/>
    public bool TryRemove(int sequence, int from)
    {
        ForgetRows();
        return context.Remove(sequence, from);
    }

    /// <inheritdoc/>
    public bool TryShare(int from, int to, int length)
    {
        ForgetRows();
        return context.Share(from, to, length);
    }

    /// <inheritdoc/>
    public StepOutcome Step(IReadOnlyList<SequenceChunk> chunks, CancellationToken abort)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        model.ThrowIfFailed();
        ForgetRows();
        if (chunks.Count > Sequences)
        {
            throw new InvalidOperationException($"A step of {chunks.Count} chunks was asked for, of a batch of {Sequences} sequences.");
        }
        try
        {
            return IsExact ? StepExactly(chunks, abort) : StepTogether(chunks, abort);
        }
        catch (OperationCanceledException)
        {
            return StepOutcome.Aborted;
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Row(int chunk)
    {
        if ((uint)chunk < (uint)_rows.Length)
        {
            if (_rows[chunk] != 0)
            {
                return new((float*)_rows[chunk], model.Card.VocabularySize);
            }
            if (_hasCopy[chunk])
            {
                return _copies[chunk];
            }
        }
        throw new InvalidOperationException($"The row of chunk {chunk} was read, and the latest step has none of it.");
    }

    /// <inheritdoc/>
    public byte[]? Save(int sequence)
    {
        byte[]? state = context.Save(sequence, HeaderBytes);
        if (state is not null)
        {
            _ownId.CopyTo(state, 0);
            BinaryPrimitives.WriteInt32LittleEndian(state.AsSpan(_ownId.Length), context.LengthOf(sequence));
        }
        return state;
    }

    /// <inheritdoc/>
    public bool TryRestore(int sequence, byte[] state)
    {
        ArgumentNullException.ThrowIfNull(state);
        ForgetRows();
        return state.Length > HeaderBytes && state.AsSpan().StartsWith(_ownId)
            && context.Restore(sequence, BinaryPrimitives.ReadInt32LittleEndian(state.AsSpan(_ownId.Length)), state.AsSpan(HeaderBytes));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetRows();
        context.Dispose();
    }

    private StepOutcome StepTogether(IReadOnlyList<SequenceChunk> chunks, CancellationToken abort)
    {
        context.Begin();
        // Sequences with their own cells are evaluated together if their numbers are consecutive and they have equally many tokens.
        foreach (int i in Enumerable.Range(0, chunks.Count).OrderBy(i => chunks[i].Tokens.Length > 1).ThenBy(i => chunks[i].Sequence))
        {
            ReadOnlySpan<int> tokens = chunks[i].Tokens.Span;
            _lastTokens[i] = context.Add(chunks[i].Sequence, tokens, chunks[i].WantsRow ? 1 : 0) + tokens.Length - 1;
        }
        StepOutcome outcome = Outcome(context.Step(abort));
        // On the owner's thread, and all before the first is read, because the first call after an evaluation may move the rows.
        for (int i = 0; outcome == StepOutcome.Done && i < chunks.Count; i++)
        {
            _rows[i] = chunks[i].WantsRow ? (nint)context.LogitsAt(_lastTokens[i]) : 0;
        }
        return outcome;
    }

    private StepOutcome StepExactly(IReadOnlyList<SequenceChunk> chunks, CancellationToken abort)
    {
        int cells = Cells / Sequences;
        if (chunks.Any(chunk => LengthOf(chunk.Sequence) + chunk.Tokens.Length > cells))
        {
            return StepOutcome.NoRoom; // found before the first of several calls
        }
        foreach (IReadOnlyList<StepPart> call in StepCalls.Exact(chunks, context.Shape.MicroBatch, model.ColumnsAgree))
        {
            context.Begin();
            foreach (StepPart part in call)
            {
                bool wantsRow = chunks[part.Chunk].WantsRow && part.First + part.Count == chunks[part.Chunk].Tokens.Length;
                int first = context.Add(chunks[part.Chunk].Sequence, chunks[part.Chunk].Tokens.Span.Slice(part.First, part.Count), wantsRow ? 1 : 0);
                _lastTokens[part.Chunk] = wantsRow ? first + part.Count - 1 : -1;
            }
            if (Outcome(context.Step(abort)) is var outcome && outcome != StepOutcome.Done)
            {
                ForgetRows();
                return outcome == StepOutcome.NoRoom ? throw context.Refusal(1) : outcome;
            }
            foreach (StepPart part in call.Where(part => _lastTokens[part.Chunk] >= 0))
            {
                // The next call overwrites llama.cpp's rows.
                context.Logits(_lastTokens[part.Chunk]).CopyTo(_copies[part.Chunk] ??= new float[model.Card.VocabularySize]);
                _hasCopy[part.Chunk] = true;
            }
        }
        return StepOutcome.Done;
    }

    private StepOutcome Outcome(int status) => status switch
    {
        0 => StepOutcome.Done,
        1 => StepOutcome.NoRoom,
        2 => StepOutcome.Aborted,
        _ => throw context.Refusal(status),
    };

    private void ForgetRows()
    {
        Array.Clear(_rows);
        Array.Clear(_hasCopy);
    }
}
