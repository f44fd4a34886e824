using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// What LLaMA and its descendants share: tokens become rows, layers change them one after the other, queries and keys turn with their
/// positions, and the rows after a last norm meet the output matrix. What a layer is stands in each paper's own file.
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
    /// <summary>What the model's sizes are.</summary>
    public RotaryConfig C { get; } = config;

    /// <summary>What it has learned; read-only, shared by all states.</summary>
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
            x = pass.Keep(start, Layer(s, i, x, turns, packing));                                  // (T, d), of the last layer (rows, d)
        }
        packing.Advance();
        return Norm(s, x, W.OutputNorm, "result_norm", -1);                                        // (rows, d)
    }

    /// <inheritdoc/>
    public virtual Tensor Logits(State s, Tensor result_norm) =>
        NamedSteps.Linear(s, W.Output, W.OutputBias, result_norm, null, "result_output", -1);

    /// <summary>Floats of a token's activations in the feed-forward.</summary>
    protected virtual long FeedForwardFloats => 3L * C.f;

    /// <summary>By what angles heads turn; more than one where layers turn differently.</summary>
    protected abstract IReadOnlyList<RopeAngles> Angles(State s);

    /// <summary>Tokens to rows (T, d).</summary>
    protected virtual Tensor Embed(State s, ReadOnlySpan<int> tokens) => NamedSteps.Embedding(s, W.TokenEmbd, tokens);

    /// <summary>One layer.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="i">Which.</param>
    /// <param name="x">(T, d).</param>
    /// <param name="turns">(T, r) for each of <see cref="Angles"/>.</param>
    /// <param name="packing">Whose rows they are.</param>
    /// <returns>l_out (T, d), of the last layer the rows wanted.</returns>
    protected abstract Tensor Layer(State s, int i, Tensor x, Tensor[] turns, Packing packing);

    /// <summary>x / RMS(x) ⊙ gain.</summary>
    protected Tensor Norm(State s, Tensor x, Weight gain, string name, int layer) => NamedSteps.RmsNorm(s, x, gain, C.Epsilon, name, layer);

    /// <summary>Beyond its keys and values, the last layer matters only to the rows asked for.</summary>
    protected (Tensor Q, Tensor x) Wanted(State s, int i, Packing packing, Tensor Q, Tensor x) =>
        i == C.N - 1 ? (packing.Wanted(s.Pass, Q), packing.Wanted(s.Pass, x)) : (Q, x);

    /// <summary>x + f, what training drops of f left out. The papers drop nothing; who wants to drops from what is added to x.</summary>
    protected static Tensor Add(State s, Tensor x, Tensor f, string name, int layer)
    {
        Tensor sum = Residual.Forward(s.Pass, x, Dropout.Forward(s.Pass, f));
        s.Tap?.Take(name, layer, "ADD", sum);
        return sum;
    }
}
