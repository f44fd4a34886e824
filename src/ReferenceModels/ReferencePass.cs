using Engine;
using Engine.Serving;
using ReferenceModels.Models;
using ReferenceModels.Ops;

namespace ReferenceModels;

/// <summary>What one request has of a managed model: a cache, and the cutting of inputs into blocks that fit the memory.</summary>
internal sealed class ReferencePass : IPass
{
    /// <summary>Tokens of one pass: enough that a tile of weights, once dequantized, is used many times.</summary>
    public const int BlockTokens = 128;

    // Logits of one product, 8 MiB: a vocabulary times a few rows, so that a cancellation need not wait long for it.
    private const int LogitFloats = 2 << 20;

    private readonly string _name;
    private readonly INetwork _network;
    private readonly State _state;

    /// <summary>A pass with nothing evaluated.</summary>
    public ReferencePass(string name, INetwork network, Workers workers, int contextLength, Arithmetic arithmetic)
    {
        (_name, _network) = (name, network);
        _state = network.CreateState(new Pass(workers) { Arithmetic = arithmetic }, contextLength);
    }

    /// <summary>Tokens that <see cref="Continue"/> has evaluated.</summary>
    public int Length => _state.Cache.Length;

    private IDecoder Decoder => (IDecoder)_network; // the model's abilities were checked before

    private int Vocabulary => _network.Sizes.V;

    /// <summary>About how many bytes the activations of a pass take.</summary>
    public static long ActivationBytes(INetwork network, int contextLength)
    {
        NetworkSizes sizes = network.Sizes;
        int rows = network is IEncoder ? contextLength : BlockTokens;
        long pairs = (long)rows * contextLength * sizes.PairFloats;
        return sizeof(float) * (rows * sizes.RowFloats + pairs + LogitRows(sizes.V) * (long)sizes.V);
    }

    /// <inheritdoc/>
    public void Begin(ReadOnlySpan<int> source, CancellationToken cancellationToken)
    {
        Begin(source.Length, cancellationToken);
        if (!source.IsEmpty)
        {
            EncodeSource(source);
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Continue(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        try
        {
            Resume(tokens.Length, cancellationToken);
            Tensor rows = default;
            for (int start = 0; start < tokens.Length; start += BlockTokens)
            {
                rows = Evaluate(tokens, start, BlockTokens, first: tokens.Length - 1);
            }
            return Decoder.Logits(_state, rows).Values;
        }
        catch
        {
            _state.Clear();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Score(PassInput input, int first, int count, RowSink sink, CancellationToken cancellationToken) =>
        Tapped(input, () =>
        {
            if (input.Source is { } source)
            {
                EncodeSource(source);
            }
            int block = Block(input);
            // What lies behind the last position asked for has no part in it.
            for (int start = 0; start < first + count; start += block)
            {
                Tensor rows = Evaluate(input.Tokens, start, block, first);
                int position = Math.Max(start, first);
                HandOutLogits(rows.Slice(0, Math.Min(rows.Rows, first + count - position)), position, sink);
            }
        }, cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Embed(IReadOnlyList<PassInput> inputs, Pooling pooling, EmbeddingSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<Activation> activations = [];
        for (int i = 0; i < inputs.Count; i++)
        {
            int index = i;
            activations = Embed(inputs[i], pooling, (position, row) => sink(index, position, row), cancellationToken);
        }
        return activations;
    }

    /// <summary>Nothing to free: the memory is the collector's.</summary>
    public void Dispose() { }

    private IReadOnlyList<Activation> Embed(PassInput input, Pooling pooling, RowSink sink, CancellationToken cancellationToken) =>
        Tapped(input, () =>
        {
            if (pooling == Pooling.Rank)
            {
                IRanker ranker = RequireRanker();
                sink(0, ranker.Rank(_state, ranker.Encode(_state, input.Tokens, Segments(ranker, input))).Values);
                return;
            }
            var rows = new RowPooling(pooling, _network.Sizes.d, input.Tokens.Length, sink);
            if (_network is IEncoder encoder)
            {
                rows.Add(encoder.Encode(_state, input.Tokens, Segments(encoder, input)));
            }
            else
            {
                int block = Block(input);
                for (int start = 0; start < input.Tokens.Length; start += block)
                {
                    rows.Add(Evaluate(input.Tokens, start, block, first: 0));
                }
            }
            rows.Finish();
        }, cancellationToken);

    private static int LogitRows(int vocabulary) => Math.Clamp(LogitFloats / vocabulary, 1, BlockTokens);

    // A tensor that somebody looks at comes whole.
    private static int Block(PassInput input) => input.Taps ? Math.Max(1, input.Tokens.Length) : BlockTokens;

    private IReadOnlyList<Activation> Tapped(PassInput input, Action passes, CancellationToken cancellationToken)
    {
        _state.Tap = input.Taps ? new ActivationTap(input.Activations, input.Replay) : null;
        try
        {
            Begin(input.Tokens.Length, cancellationToken);
            passes();
            return _state.Tap?.Activations ?? [];
        }
        catch
        {
            _state.Clear();
            throw;
        }
        finally
        {
            _state.Tap = null;
        }
    }

    // Where a model knows one segment only, every token is of it.
    private static int[] Segments(IEncoder encoder, PassInput input) => encoder.Segments > 1 ? input.Segments : [];

    private IRanker RequireRanker() => _network is IRanker { Scores: > 0 } ranker ? ranker : throw Engine.Generation.RequestRules.NoClassifier(_name);

    private void Begin(int tokens, CancellationToken cancellationToken)
    {
        _state.Clear();
        Resume(tokens, cancellationToken);
    }

    private void Resume(int tokens, CancellationToken cancellationToken)
    {
        if (Length + tokens > _state.Cache.Capacity)
        {
            throw new ContextLengthExceededException(Length + tokens, _state.Cache.Capacity);
        }
        _state.Pass.Cancellation = cancellationToken;
    }

    private void EncodeSource(ReadOnlySpan<int> source)
    {
        try
        {
            ((IEncoder)_network).Encode(_state, source, []);
        }
        catch
        {
            _state.Clear();
            throw;
        }
    }

    // Evaluates the block of tokens from start on and gives its rows (d) from position first on.
    private Tensor Evaluate(ReadOnlySpan<int> tokens, int start, int block, int first)
    {
        int end = Math.Min(start + block, tokens.Length);
        return Decoder.Forward(_state, tokens[start..end], rows: Math.Max(0, end - Math.Max(first, start)));
    }

    private void HandOutLogits(Tensor rows, int position, RowSink sink)
    {
        // In one product where somebody looks at it.
        int step = _state.Tap is null ? LogitRows(Vocabulary) : Math.Max(1, rows.Rows);
        for (int r = 0; r < rows.Rows; r += step)
        {
            (int, int) mark = _state.Pass.Mark;
            Tensor logits = Decoder.Logits(_state, rows.Slice(r, Math.Min(step, rows.Rows - r)));
            for (int i = 0; i < logits.Rows; i++)
            {
                sink(position + r + i, logits.Row(i));
            }
            _state.Pass.Release(mark);
        }
    }
}
