using Engine;
using Engine.Generation;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace ReferenceModels;

/// <summary>A context of the managed LLaMA: its cache, and the cutting of prompts into blocks that fit the memory.</summary>
internal sealed class ReferenceSession : ISession
{
    // Tokens of one pass: enough that a tile of weights, once dequantized, is used many times.
    private const int BlockTokens = 128;

    // Logits of one product, 8 MiB: a vocabulary times a few rows, so that a cancellation need not wait long for it.
    private const int LogitFloats = 2 << 20;

    private readonly Llama _llama;
    private readonly Llama.State _state;

    /// <summary>An empty context.</summary>
    public ReferenceSession(Llama llama, Workers workers, int contextLength)
    {
        _llama = llama;
        _state = llama.CreateState(new Pass(workers), contextLength);
    }

    /// <inheritdoc/>
    public int Length => _state.Cache.Length;

    /// <summary>About how many bytes the activations of a block take.</summary>
    public static long ActivationBytes(Llama.Config c) =>
        sizeof(float) * ((long)BlockTokens * (8 * c.d + 3 * c.f + 4 * c.H * c.d_k + 4 * c.G * c.d_k) + LogitRows(c.V) * (long)c.V);

    /// <inheritdoc/>
    public void Clear() => _state.Cache.Clear();

    /// <inheritdoc/>
    public ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        try
        {
            Begin(tokens.Length, cancellationToken);
            Tensor rows = default;
            for (int start = 0; start < tokens.Length; start += BlockTokens)
            {
                rows = Evaluate(tokens, start, first: tokens.Length - 1);
            }
            return _llama.Logits(_state, rows).Values;
        }
        catch
        {
            Clear();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Score(
        ReadOnlySpan<int> tokens, int first, int count, IReadOnlyList<string> activations, RowSink sink, CancellationToken cancellationToken)
    {
        Clear();
        _state.Tap = activations.Count > 0 ? new ActivationTap(activations) : null;
        try
        {
            Begin(tokens.Length, cancellationToken);
            // What lies behind the last position asked for has no part in it.
            for (int start = 0; start < first + count; start += BlockTokens)
            {
                Tensor rows = Evaluate(tokens, start, first);
                int position = Math.Max(start, first);
                HandOutLogits(rows.Slice(0, Math.Min(rows.Rows, first + count - position)), position, sink);
            }
            return _state.Tap?.Activations() ?? [];
        }
        catch
        {
            Clear();
            throw;
        }
        finally
        {
            _state.Tap = null;
        }
    }

    /// <inheritdoc/>
    public void Embed(ReadOnlySpan<int> tokens, Pooling pooling, RowSink sink, CancellationToken cancellationToken)
    {
        if (pooling == Pooling.Rank)
        {
            throw new UnsupportedRequestException("Pooling by rank: a LLaMA has no classifier head that would give scores. Ask for another pooling.");
        }
        Clear();
        try
        {
            Begin(tokens.Length, cancellationToken);
            var sum = new float[_llama.C.d];
            for (int start = 0; start < tokens.Length; start += BlockTokens)
            {
                Tensor rows = Evaluate(tokens, start, first: 0);
                for (int i = 0; i < rows.Rows; i++)
                {
                    TensorPrimitives.Add(sum, rows.Row(i), sum);
                    bool asked = pooling == Pooling.None || (pooling == Pooling.Cls && start + i == 0)
                        || (pooling == Pooling.Last && start + i == tokens.Length - 1);
                    if (asked)
                    {
                        sink(pooling == Pooling.None ? start + i : 0, rows.Row(i));
                    }
                }
            }
            if (pooling == Pooling.Mean)
            {
                TensorPrimitives.Divide(sum, tokens.Length, sum);
                sink(0, sum);
            }
        }
        catch
        {
            Clear();
            throw;
        }
    }

    /// <summary>Nothing to free: the memory is the collector's.</summary>
    public void Dispose() { }

    private static int LogitRows(int vocabulary) => Math.Clamp(LogitFloats / vocabulary, 1, BlockTokens);

    private void Begin(int tokens, CancellationToken cancellationToken)
    {
        if (Length + tokens > _state.Cache.Capacity)
        {
            throw new ContextLengthExceededException(Length + tokens, _state.Cache.Capacity);
        }
        _state.Pass.Cancellation = cancellationToken;
    }

    // Evaluates the block of tokens from start on and gives its rows (d) from position first on.
    private Tensor Evaluate(ReadOnlySpan<int> tokens, int start, int first)
    {
        int end = Math.Min(start + BlockTokens, tokens.Length);
        return _llama.Forward(_state, tokens[start..end], rows: Math.Max(0, end - Math.Max(first, start)));
    }

    private void HandOutLogits(Tensor rows, int position, RowSink sink)
    {
        int step = LogitRows(_llama.C.V);
        for (int r = 0; r < rows.Rows; r += step)
        {
            (int, int) mark = _state.Pass.Mark;
            Tensor logits = _llama.Logits(_state, rows.Slice(r, Math.Min(step, rows.Rows - r)));
            for (int i = 0; i < logits.Rows; i++)
            {
                sink(position + r + i, logits.Row(i));
            }
            _state.Pass.Release(mark);
        }
    }
}
