using System.Runtime.InteropServices;
using Engine;
using Engine.Serving;
using ReferenceModels.Models;
using ReferenceModels.Ops;

namespace ReferenceModels;

/// <summary>The sequences of a managed decoder.</summary>
/// <remarks>Sequences share one pool of cells, in pages (<see cref="PagedCache"/>): a shared prefix is stored once, except for the rest that does not
/// fill a page. In exact arithmetic, each row of a step of up to <see cref="Linear.FewTokens"/> tokens equals to the last bit what it would be alone.
/// Products of more tokens use another kernel, which rounds differently, but there too a row does not depend on which other rows accompany it. In ggml's
/// arithmetic, products with Q4_K, Q5_K and Q6_K give a row the same bits beside any number of others.</remarks>
internal sealed class ReferenceBatch : ISequenceBatch
{
    private readonly IPackedDecoder _decoder;
    private readonly State _state;
    private readonly PagedCache[] _caches;
    private readonly int _contextLength;
    private readonly bool _exact;
    private int[] _rows = [];            // per chunk, its row of the logits
    private Tensor _logits;              // (chunks that requested logits, V)
    private float[][] _copies = [];      // used instead if each chunk is evaluated alone

    /// <summary>A batch of empty sequences.</summary>
    /// <param name="network">The weights.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="contextLength">The maximum number of tokens of a sequence.</param>
    /// <param name="shape">Its capacity.</param>
    /// <param name="arithmetic">How products with quantized and 16-bit weights are computed.</param>
    /// <param name="exact">Whether a row must not depend on the rest of its step, to the last bit.</param>
    public ReferenceBatch(INetwork network, Workers workers, int contextLength, BatchShape shape, Arithmetic arithmetic, bool exact = false)
    {
        _exact = exact;
        _decoder = (IPackedDecoder)network;
        _state = network.CreateState(new Pass(workers) { Arithmetic = arithmetic }, contextLength);
        (Sequences, Cells, StepTokens) = (shape.Sequences, shape.Cells, TokensOfStep(shape.Sequences));
        _caches = [.. Enumerable.Range(0, Sequences).Select(_ => _decoder.CreateCache())];
        _contextLength = contextLength;
    }

    /// <inheritdoc/>
    public int Sequences { get; }

    /// <inheritdoc/>
    public int Cells { get; }

    /// <inheritdoc/>
    public int StepTokens { get; }

    /// <summary>Bytes that keys and values currently occupy.</summary>
    public long HeldBytes => PagedCache.Bytes(_caches);

    /// <summary>Approximate bytes of a batch when all its cells are in use, including one more page per sequence and the activations of a step.</summary>
    public static double Bytes(INetwork network, BatchShape shape)
    {
        NetworkSizes sizes = network.Sizes;
        double cells = (double)shape.Cells + shape.Sequences * PagedCache.PageRows;
        return cells * network.CacheBytes(1) + sizeof(float) * ((double)TokensOfStep(shape.Sequences) * sizes.RowFloats + (double)shape.Sequences * sizes.V);
    }

    /// <inheritdoc/>
    public int LengthOf(int sequence) => _caches[sequence].Length;

    /// <inheritdoc/>
    public bool TryRemove(int sequence, int from)
    {
        _caches[sequence].Cut(from);
        return true;
    }

    /// <inheritdoc/>
    public bool TryShare(int from, int to, int length)
    {
        _caches[to].Share(_caches[from], length);
        return true;
    }

    /// <inheritdoc/>
    public StepOutcome Step(IReadOnlyList<SequenceChunk> chunks, CancellationToken abort)
    {
        if (PagedCache.Cells(_caches) + chunks.Sum(chunk => chunk.Tokens.Length) > Cells)
        {
            return StepOutcome.NoRoom;
        }
        _state.Pass.Cancellation = abort;
        try
        {
            if (_exact)
            {
                EvaluateAlone(chunks);
            }
            else
            {
                Evaluate(chunks);
            }
            return StepOutcome.Done;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return StepOutcome.Aborted;
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Row(int chunk) => _exact ? _copies[chunk] : _logits.Row(_rows[chunk]);

    /// <inheritdoc/>
    public byte[]? Save(int sequence) => _caches[sequence].Save();

    /// <inheritdoc/>
    public bool TryRestore(int sequence, byte[] state) => _caches[sequence].TryRestore(state, _contextLength);

    /// <summary>Nothing to free: the memory is garbage-collected.</summary>
    public void Dispose() { }

    // At least one token for every sequence, so that all can continue in one step.
    private static int TokensOfStep(int sequences) => Math.Max(ReferencePass.BlockTokens, sequences);

    // Token by token: the choice of kernels for products and attention depends on the number of rows, including those of the same prompt.
    private void EvaluateAlone(IReadOnlyList<SequenceChunk> chunks)
    {
        _copies = new float[chunks.Count][];
        for (int i = 0; i < chunks.Count; i++)
        {
            SequenceChunk chunk = chunks[i];
            for (int t = 0; t < chunk.Tokens.Length; t++)
            {
                Evaluate([chunk with { Tokens = chunk.Tokens.Slice(t, 1), WantsRow = chunk.WantsRow && t == chunk.Tokens.Length - 1 }]);
            }
            _copies[i] = chunk.WantsRow ? _logits.Row(0).ToArray() : [];
        }
    }

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
