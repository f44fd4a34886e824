using Engine.Serving;
using ReferenceModels.Models;
using ReferenceModels.Ops;

namespace ReferenceModels;

/// <summary>The sequences of a managed decoder.</summary>
/// <remarks>Each sequence has a cache that grows with its tokens, and gives the memory back with the last of them. The cells of a shared
/// prefix are counted once, as a caller counts them, but its rows are copied: they take memory in every sequence.</remarks>
internal sealed class ReferenceBatch : ISequenceBatch
{
    private readonly IDecoder _decoder;
    private readonly Pass _pass;
    private readonly State[] _states;
    private readonly int[] _shared;      // per sequence, how many of its first tokens take no cells of their own
    private readonly float[][] _rows;    // per chunk (V); empty where none was asked for

    /// <summary>A batch of empty sequences.</summary>
    public ReferenceBatch(INetwork network, Workers workers, int contextLength, BatchShape shape)
    {
        _decoder = (IDecoder)network;
        _pass = new Pass(workers);
        (Sequences, Cells, StepTokens) = (shape.Sequences, shape.Cells, TokensOfStep(shape.Sequences));
        _states = [.. Enumerable.Range(0, Sequences).Select(_ => network.CreateState(_pass, contextLength))];
        _shared = new int[Sequences];
        _rows = new float[Sequences][];
    }

    /// <inheritdoc/>
    public int Sequences { get; }

    /// <inheritdoc/>
    public int Cells { get; }

    /// <inheritdoc/>
    public int StepTokens { get; }

    /// <summary>Bytes that keys and values take now.</summary>
    public long HeldBytes => _states.Sum(state => state.Cache.HeldBytes);

    /// <summary>About how many bytes the activations of a step take.</summary>
    public static long ActivationBytes(INetwork network, int contextLength, int sequences)
    {
        NetworkSizes sizes = network.Sizes;
        return sizeof(float) * (TokensOfStep(sequences) * (sizes.RowFloats + (long)contextLength * sizes.PairFloats) + sequences * (long)sizes.V);
    }

    /// <inheritdoc/>
    public int LengthOf(int sequence) => _states[sequence].Cache.Length;

    /// <inheritdoc/>
    public bool TryRemove(int sequence, int from)
    {
        _states[sequence].Cache.Cut(from);
        _shared[sequence] = Math.Min(_shared[sequence], from);
        return true;
    }

    /// <inheritdoc/>
    public bool TryShare(int from, int to, int length)
    {
        _states[to].Cache.CopyFrom(_states[from].Cache, length);
        _shared[to] = length;
        return true;
    }

    /// <inheritdoc/>
    public StepOutcome Step(IReadOnlyList<SequenceChunk> chunks, CancellationToken abort)
    {
        if (Enumerable.Range(0, Sequences).Sum(i => LengthOf(i) - _shared[i]) + chunks.Sum(chunk => chunk.Tokens.Length) > Cells)
        {
            return StepOutcome.NoRoom;
        }
        _pass.Cancellation = abort;
        try
        {
            for (int i = 0; i < chunks.Count; i++)
            {
                Evaluate(i, chunks[i]);
            }
            return StepOutcome.Done;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return StepOutcome.Aborted;
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Row(int chunk) => _rows[chunk];

    /// <inheritdoc/>
    public byte[]? Save(int sequence) => _states[sequence].Cache.Save();

    /// <inheritdoc/>
    public bool TryRestore(int sequence, byte[] state) => _states[sequence].Cache.TryRestore(state);

    /// <summary>Nothing to free: the memory is the collector's.</summary>
    public void Dispose() { }

    // At least one for every sequence, so that all can go on in one step.
    private static int TokensOfStep(int sequences) => Math.Max(ReferencePass.BlockTokens, sequences);

    private void Evaluate(int i, SequenceChunk chunk)
    {
        State state = _states[chunk.Sequence];
        Tensor rows = _decoder.Forward(state, chunk.Tokens.Span, rows: chunk.WantsRow ? 1 : 0);
        _rows[i] = chunk.WantsRow ? _decoder.Logits(state, rows).Values.ToArray() : [];
    }
}
