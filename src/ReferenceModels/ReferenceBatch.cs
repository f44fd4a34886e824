using System.Runtime.InteropServices;
using Engine.Serving;
using ReferenceModels.Models;
using ReferenceModels.Ops;

namespace ReferenceModels;

/// <summary>The sequences of a managed decoder.</summary>
/// <remarks>Each sequence has a cache that grows with its tokens, and gives the memory back with the last of them. The cells of a shared
/// prefix are counted once, as a caller counts them, but its rows are copied: they take memory in every sequence.</remarks>
internal sealed class ReferenceBatch : ISequenceBatch
{
    private readonly IPackedDecoder _decoder;
    private readonly State _state;
    private readonly KeyValueCache[] _caches;
    private readonly int[] _shared;      // per sequence, how many of its first tokens take no cells of their own
    private int[] _rows = [];            // per chunk, which row of the logits is its
    private Tensor _logits;              // (chunks that asked, V)

    /// <summary>A batch of empty sequences.</summary>
    public ReferenceBatch(INetwork network, Workers workers, int contextLength, BatchShape shape)
    {
        _decoder = (IPackedDecoder)network;
        _state = network.CreateState(new Pass(workers), 0);
        (Sequences, Cells, StepTokens) = (shape.Sequences, shape.Cells, TokensOfStep(shape.Sequences));
        _caches = [.. Enumerable.Range(0, Sequences).Select(_ => _decoder.CreateCache(contextLength))];
        _shared = new int[Sequences];
    }

    /// <inheritdoc/>
    public int Sequences { get; }

    /// <inheritdoc/>
    public int Cells { get; }

    /// <inheritdoc/>
    public int StepTokens { get; }

    /// <summary>Bytes that keys and values take now.</summary>
    public long HeldBytes => _caches.Sum(cache => cache.HeldBytes);

    /// <summary>About how many bytes the activations of a step take.</summary>
    public static long ActivationBytes(INetwork network, int contextLength, int sequences)
    {
        NetworkSizes sizes = network.Sizes;
        return sizeof(float) * (TokensOfStep(sequences) * (sizes.RowFloats + (long)contextLength * sizes.PairFloats) + sequences * (long)sizes.V);
    }

    /// <inheritdoc/>
    public int LengthOf(int sequence) => _caches[sequence].Length;

    /// <inheritdoc/>
    public bool TryRemove(int sequence, int from)
    {
        _caches[sequence].Cut(from);
        _shared[sequence] = Math.Min(_shared[sequence], from);
        return true;
    }

    /// <inheritdoc/>
    public bool TryShare(int from, int to, int length)
    {
        _caches[to].CopyFrom(_caches[from], length);
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
        _state.Pass.Cancellation = abort;
        try
        {
            Evaluate(chunks);
            return StepOutcome.Done;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return StepOutcome.Aborted;
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Row(int chunk) => _logits.Row(_rows[chunk]);

    /// <inheritdoc/>
    public byte[]? Save(int sequence) => _caches[sequence].Save();

    /// <inheritdoc/>
    public bool TryRestore(int sequence, byte[] state) => _caches[sequence].TryRestore(state);

    /// <summary>Nothing to free: the memory is the collector's.</summary>
    public void Dispose() { }

    // At least one for every sequence, so that all can go on in one step.
    private static int TokensOfStep(int sequences) => Math.Max(ReferencePass.BlockTokens, sequences);

    private void Evaluate(IReadOnlyList<SequenceChunk> chunks)
    {
        int[] tokens = [.. chunks.SelectMany(chunk => MemoryMarshal.ToEnumerable(chunk.Tokens))];
        var packing = new Packing([.. chunks.Select(chunk => new Piece(_caches[chunk.Sequence], chunk.Tokens.Length, chunk.WantsRow ? 1 : 0))]);
        Tensor rows = _decoder.Forward(_state, tokens, packing);
        _logits = _decoder.Logits(_state, rows);
        int row = 0;
        _rows = [.. chunks.Select(chunk => chunk.WantsRow ? row++ : -1)];
    }
}
