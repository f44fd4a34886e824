using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// What LLaMA and its descendants share: tokens become rows, layers transform them one after another, queries and keys are rotated by
/// their positions, and after a last norm the rows are multiplied by the output matrix. The layer itself is in each architecture's own class.
/// </summary>
/// <remarks>
/// <code>
/// T    tokens of a pass           V    vocabulary               N    layers
/// n    positions in the cache     d    width of the residual    f    width of the feed-forward
/// H    query heads                G    key/value heads          d_k  width of a head
/// </code>
/// Names of weights are the file's, names of activations llama.cpp's (src/models of v0.5.0), letters the papers'.
/// </remarks>
/// <typeparam name="TLayer">One layer's weights.</typeparam>
internal abstract class RotaryDecoder<TLayer>(RotaryConfig config, RotaryWeights<TLayer> weights) : IPackedDecoder
{
    /// <summary>The model's sizes.</summary>
    public RotaryConfig C { get; } = config;

    /// <summary>The model's weights; read-only, shared by all states.</summary>
    public RotaryWeights<TLayer> W { get; } = weights;

    /// <inheritdoc/>
    public required IReadOnlyList<Weight> Parameters { get; init; }

    /// <inheritdoc/>
    public NetworkSizes Sizes => new(
        C.V, C.d, C.N, C.TrainedContext, HasLearnedPositions: false, 8L * C.d + FeedForwardFloats + 4 * C.H * C.d_k + 4 * C.G * C.d_k);

    /// <inheritdoc/>
    public long CacheBytes(int contextLength) => KeyValueCache.Bytes(C.N, C.G * C.d_k, contextLength);

    /// <inheritdoc/>
    /// <remarks>Caches hold rotated keys.</remarks>
    public State CreateState(Pass pass, int contextLength) => new(pass, new KeyValueCache(C.N, C.G * C.d_k, contextLength));

    /// <inheritdoc/>
    public PagedCache CreateCache() => new(C.N, C.G * C.d_k);

    /// <inheritdoc/>
    public Tensor Forward(State s, ReadOnlySpan<int> tokens, int rows) => Forward(s, tokens, Packing.Alone(s, tokens.Length, rows));

    /// <inheritdoc/>
    public Tensor Forward(State s, ReadOnlySpan<int> tokens, Packing packing)
    {
        Pass pass = s.Pass;
        pass.Release(default);
        Tensor[] turns = [.. Angles(s).Select(angles =>
        {
            Tensor turn = pass.New(packing.Positions.Length, C.Rotated);
            angles.Fill(packing.Positions, turn);
            return turn;
        })];
        (int, int) start = pass.Mark;
        Tensor x = Embed(s, tokens);                                                               // (T, d)
        for (int i = 0; i < C.N; i++)
        {
            x = pass.Keep(start, Layer(s, i, x, turns, packing));                                  // (T, d), (rows, d) after the last layer
        }
        packing.Advance();
        return Norm(s, x, W.OutputNorm, "result_norm", -1);                                        // (rows, d)
    }

    /// <inheritdoc/>
    public virtual Tensor Logits(State s, Tensor result_norm) =>
        NamedSteps.Linear(s, W.Output, W.OutputBias, result_norm, null, "result_output", -1);

    /// <summary>Floats of a token's activations in the feed-forward.</summary>
    protected virtual long FeedForwardFloats => 3L * C.f;

    /// <summary>The rotation angles of heads; more than one set if layers rotate differently.</summary>
    protected abstract IReadOnlyList<RopeAngles> Angles(State s);

    /// <summary>Tokens to rows (T, d).</summary>
    protected virtual Tensor Embed(State s, ReadOnlySpan<int> tokens) => NamedSteps.Embedding(s, W.TokenEmbd, tokens);

    /// <summary>One layer.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="i">Its index.</param>
    /// <param name="x">(T, d).</param>
    /// <param name="turns">(T, r) for each of <see cref="Angles"/>.</param>
    /// <param name="packing">Which sequences the rows belong to.</param>
    /// <returns>l_out (T, d), or only the wanted rows from the last layer.</returns>
    protected abstract Tensor Layer(State s, int i, Tensor x, Tensor[] turns, Packing packing);

    /// <summary>x / RMS(x) ⊙ gain.</summary>
    protected Tensor Norm(State s, Tensor x, Weight gain, string name, int layer) => NamedSteps.RmsNorm(s, x, gain, C.Epsilon, name, layer);

    /// <summary>Apart from its keys and values, the last layer is needed only for the requested rows.</summary>
    protected (Tensor Q, Tensor x) Wanted(State s, int i, Packing packing, Tensor Q, Tensor x) =>
        i == C.N - 1 ? (packing.Wanted(s.Pass, Q), packing.Wanted(s.Pass, x)) : (Q, x);

    /// <summary>x + f, with dropout of f in training. The papers use none; where it is requested, it applies to what is added to x.</summary>
    protected static Tensor Add(State s, Tensor x, Tensor f, string name, int layer)
    {
        Tensor sum = Residual.Forward(s.Pass, x, Dropout.Forward(s.Pass, f));
        s.Tap?.Take(name, layer, "ADD", sum);
        return sum;
    }
}
