using Engine;
using Engine.Serving;
using ReferenceModels.Models;
using ReferenceModels.Ops;

namespace ReferenceModels;

/// <summary>One request's share of a managed model: a cache, and the splitting of inputs into blocks that fit in memory.</summary>
internal sealed class ReferencePass : IPass
{
    /// <summary>Tokens of one pass: enough that a tile of weights, once dequantized, is used many times.</summary>
    public const int BlockTokens = 128;

    /// <summary>The maximum total number of tokens when one pass takes several inputs of an encoder.</summary>
    /// <remarks>Measured on two busy cores with 256 texts of 12 to 27 tokens and an encoder of width 384, best of four: 84 texts per second one at a
    /// time, 168 with up to 128 tokens, 175 with 256, 187 with 512, which needs twice the memory.</remarks>
    public const int PackedTokens = 256;

    // Logits of one product, 8 MiB: a vocabulary times a few rows, so that cancellation does not wait long for it.
    private const int LogitFloats = 2 << 20;

    private readonly string _name;
    private readonly INetwork _network;
    private readonly State _state;
    private readonly bool _exact;

    /// <summary>A pass with nothing evaluated.</summary>
    /// <param name="name">The model's name, for error messages.</param>
    /// <param name="network">The weights.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="contextLength">The maximum number of tokens of an input.</param>
    /// <param name="arithmetic">How products with quantized and 16-bit weights are computed.</param>
    /// <param name="exact">Whether an input's result must not depend on what is embedded with it, to the last bit.</param>
    public ReferencePass(string name, INetwork network, Workers workers, int contextLength, Arithmetic arithmetic, bool exact = false)
    {
        (_name, _network, _exact) = (name, network, exact);
        _state = network.CreateState(new Pass(workers) { Arithmetic = arithmetic }, contextLength);
    }

    /// <summary>Tokens that <see cref="Continue"/> has evaluated.</summary>
    public int Length => _state.Cache.Length;

    private IDecoder Decoder => (IDecoder)_network; // the model's capabilities have already been checked

    private int Vocabulary => _network.Sizes.V;

    /// <summary>Approximate bytes of a pass's activations.</summary>
    public static long ActivationBytes(INetwork network, int contextLength)
    {
        NetworkSizes sizes = network.Sizes;
        int rows = network switch
        {
            IPackedEncoder => Math.Max(contextLength, PackedTokens),
            IEncoder => contextLength,
            _ => BlockTokens,
        };
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
            // Nothing after the last requested position matters.
            for (int start = 0; start < first + count; start += block)
            {
                Tensor rows = Evaluate(input.Tokens, start, block, first);
                int position = Math.Max(start, first);
                HandOutLogits(rows.Slice(0, Math.Min(rows.Rows, first + count - position)), position, sink);
            }
        }, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Inputs of one pass do not see each other. The rows of an input of at least <see cref="Linear.FewTokens"/> + 1 tokens equal to the
    /// last bit those that it has alone; those of a shorter one differ by rounding, because another kernel computes its products.</remarks>
    public IReadOnlyList<Activation> Embed(IReadOnlyList<PassInput> inputs, Pooling pooling, EmbeddingSink sink, CancellationToken cancellationToken)
    {
        if (pooling == Pooling.Rank && _network is not IRanker { Scores: > 0 })
        {
            throw Engine.Generation.RequestRules.NoClassifier(_name);
        }
        IReadOnlyList<Activation> activations = [];
        foreach (int[] group in Groups(inputs))
        {
            // The last input of a group is the longest, and the only one if activations are requested.
            activations = Tapped(inputs[group[^1]], () =>
            {
                Tensor together = group.Length > 1 ? Together([.. group.Select(input => inputs[input])]) : default;
                int first = 0;
                foreach (int input in group)
                {
                    int T = inputs[input].Tokens.Length;
                    HandOut(group.Length > 1 ? [together.Slice(first, T)] : Rows(inputs[input]), T, pooling, (position, row) => sink(input, position, row));
                    first += T;
                }
            }, cancellationToken);
        }
        return activations;
    }

    /// <summary>Nothing to free: the memory is garbage-collected.</summary>
    public void Dispose() { }

    // In exact mode an input's result does not depend on others.
    private IEnumerable<int[]> Groups(IReadOnlyList<PassInput> inputs) => InputGroups.Of(
        inputs, _exact || MaxTokens == 0 || inputs.Any(input => input.Taps) ? 1 : inputs.Count, MaxTokens);

    // The most tokens that several inputs may have together; 0 if each is evaluated alone.
    private int MaxTokens => _network switch
    {
        IPackedEncoder => PackedTokens,
        IPackedDecoder and not IEncoder => BlockTokens,
        _ => 0,
    };

    // The rows (T, d) of inputs, one input after another.
    private Tensor Together(IReadOnlyList<PassInput> inputs)
    {
        int[] tokens = [.. inputs.SelectMany(input => input.Tokens)];
        var packing = Packing.Whole(inputs.Select(input => input.Tokens.Length));
        return _network is IPackedEncoder encoder
            ? encoder.Encode(_state, tokens, [.. inputs.SelectMany(input => Segments(encoder, input))], packing)
            : ((IPackedDecoder)_network).Forward(_state, tokens, packing);
    }

    // The rows of one input, in the blocks in which it is evaluated.
    private IEnumerable<Tensor> Rows(PassInput input)
    {
        if (_network is IEncoder encoder)
        {
            yield return encoder.Encode(_state, input.Tokens, Segments(encoder, input));
            yield break;
        }
        int block = Block(input);
        for (int start = 0; start < input.Tokens.Length; start += block)
        {
            yield return Evaluate(input.Tokens, start, block, first: 0);
        }
    }

    private void HandOut(IEnumerable<Tensor> blocks, int tokens, Pooling pooling, RowSink sink)
    {
        if (pooling == Pooling.Rank)
        {
            Tensor whole = blocks.Single(); // only encoders rank
            (int, int) mark = _state.Pass.Mark;
            sink(0, ((IRanker)_network).Rank(_state, whole).Values);
            _state.Pass.Release(mark);
            return;
        }
        var rows = new RowPooling(pooling, _network.Sizes.d, tokens, sink);
        foreach (Tensor block in blocks)
        {
            for (int i = 0; i < block.Rows; i++)
            {
                rows.Add(block.Row(i));
            }
        }
    }

    private static int LogitRows(int vocabulary) => Math.Clamp(LogitFloats / vocabulary, 1, BlockTokens);

    // A tensor that a tap collects must be whole.
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

    // If the model has only one segment, or the input names none, every token belongs to segment 0.
    private static int[] Segments(IEncoder encoder, PassInput input) =>
        encoder.Segments > 1 && input.Segments.Length > 0 ? input.Segments : new int[input.Tokens.Length];

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

    // Evaluates the block of tokens that begins at start, and returns its rows (d) from position first on.
    private Tensor Evaluate(ReadOnlySpan<int> tokens, int start, int block, int first)
    {
        int end = Math.Min(start + block, tokens.Length);
        return Decoder.Forward(_state, tokens[start..end], rows: Math.Max(0, end - Math.Max(first, start)));
    }

    private void HandOutLogits(Tensor rows, int position, RowSink sink)
    {
        // In a single product if a tap collects it.
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
