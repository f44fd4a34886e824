using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>Norms and projections with a bias: fused, or in ggml's steps if a tap needs them, each step under llama.cpp's name.
/// Both ways give the same result to the last bit.</summary>
internal static class NamedSteps
{
    /// <summary>Layer normalization: <c>norm</c>, <c>norm_w</c> (times the gain), then <paramref name="name"/> (plus the bias).</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="x">(T, d).</param>
    /// <param name="g">Gain (d).</param>
    /// <param name="b">Bias (d).</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="name">The result's name; null if it has none.</param>
    /// <param name="layer">The layer that <c>norm</c> is assigned to, or -1.</param>
    public static Tensor LayerNorm(State s, Tensor x, Weight g, Weight b, float epsilon, string? name, int layer)
    {
        if (s.Tap is not { } tap || !(tap.Wants("norm", layer) || tap.Wants("norm_w", layer)))
        {
            Tensor y = Ops.LayerNorm.Forward(s.Pass, x, g, b, epsilon);
            Take(s, name, layer, y);
            return y;
        }
        Tensor norm = Ops.LayerNorm.Forward(s.Pass, x, null, null, epsilon);
        tap.Take("norm", layer, "NORM", norm);
        Tensor norm_w = Gain.Forward(s.Pass, norm, g);
        tap.Take("norm_w", layer, "MUL", norm_w);
        Tensor sum = Bias.Forward(s.Pass, norm_w, b);
        Take(s, name, layer, sum);
        return sum;
    }

    /// <summary>Root mean square normalization: <c>norm</c>, then <paramref name="name"/> (times the gain).</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="x">(T, d).</param>
    /// <param name="g">Gain (d).</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="name">The result's name.</param>
    /// <param name="layer">The layer that the result is assigned to, or -1.</param>
    /// <param name="inner">The layer that <c>norm</c> is assigned to, if different.</param>
    /// <param name="byHeads">Whether each head, as wide as the gain, is normalized separately.</param>
    public static Tensor RmsNorm(State s, Tensor x, Weight g, float epsilon, string name, int layer, int? inner = null, bool byHeads = false)
    {
        int headSize = byHeads ? g.Columns : 0;
        Tensor pieces = x.Reshape(g.Columns), y;
        if (s.Tap is { } tap && tap.Wants("norm", inner ?? layer))
        {
            Tensor norm = Ops.RmsNorm.Forward(s.Pass, pieces, null, null, epsilon);
            tap.Take("norm", inner ?? layer, "RMS_NORM", norm.Reshape(x.Columns), headSize);
            y = Gain.Forward(s.Pass, norm, g);
        }
        else
        {
            y = Ops.RmsNorm.Forward(s.Pass, pieces, g, null, epsilon);
        }
        y = y.Reshape(x.Columns);
        s.Tap?.Take(name, layer, "MUL", y, headSize);
        return y;
    }

    /// <summary>x Wᵀ + b: <paramref name="product"/>, then with a bias <paramref name="sum"/>.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="W">(out, in).</param>
    /// <param name="b">(out), or null.</param>
    /// <param name="x">(T, in).</param>
    /// <param name="product">Name of x Wᵀ if a bias follows; null if llama.cpp gives it none.</param>
    /// <param name="sum">Name of the result.</param>
    /// <param name="layer">The layer, or -1.</param>
    public static Tensor Linear(State s, Weight W, Weight? b, Tensor x, string? product, string sum, int layer)
    {
        if (b is null)
        {
            return Product(s, W, x, sum, layer);
        }
        if (s.Tap is not { } tap || (W.Adapters.Count == 0 && !Wants(tap, W, product, layer)))
        {
            Tensor y = Ops.Linear.Forward(s.Pass, W, b, x);
            s.Tap?.Take(sum, layer, "ADD", y);
            return y;
        }
        Tensor xW_b = Bias.Forward(s.Pass, Product(s, W, x, product, layer), b);
        tap.Take(sum, layer, "ADD", xW_b);
        return xW_b;
    }

    /// <summary>x Wᵀ: <paramref name="name"/>. If W has adapters, that names the last sum, and the steps before it have
    /// their own names.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="W">(out, in).</param>
    /// <param name="x">(T, in).</param>
    /// <param name="name">Name of the result; null if llama.cpp gives it none, and then the weight's name is used.</param>
    /// <param name="layer">The layer, or -1.</param>
    public static Tensor Product(State s, Weight W, Tensor x, string? name, int layer)
    {
        if (s.Tap is { } tap && W.Adapters.Count > 0)
        {
            return LowRankProduct.Forward(s.Pass, W, null, x, Look(tap, W, "MUL_MAT", name, layer));
        }
        Tensor y = Ops.Linear.Forward(s.Pass, W, null, x);
        (string of, int at) = name is null ? (WeightName.OfActivation(W.Name)!, -1) : (name, layer);
        s.Tap?.Take(of, at, "MUL_MAT", y);
        return y;
    }

    /// <summary>The products of tokens with the experts that they go to (T·k, out): <paramref name="name"/>. With adapters, that names the
    /// last sum, as for a product with one weight.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="W">(E·out, in).</param>
    /// <param name="x">(T, in) or (T·k, in).</param>
    /// <param name="choice">Which experts.</param>
    /// <param name="name">Name of the result.</param>
    public static Tensor ExpertProduct(State s, Weight W, Tensor x, ExpertChoice choice, string name, int layer)
    {
        const string operation = "MUL_MAT_ID";
        int T = choice.Experts.Length / choice.K;
        LowRankLook? look = s.Tap is { } tap && W.Adapters.Count > 0 ? Look(tap, W, operation, name, layer, y => [y.Columns, choice.K, T]) : null;
        Tensor y = LowRankProduct.Forward(s.Pass, W, x, (pass, W, x) => Ops.ExpertProduct.Forward(pass, W, x, choice), look);
        if (look is null)
        {
            s.Tap?.Take(name, layer, operation, y, [y.Columns, choice.K, T]);
        }
        return y;
    }

    /// <summary>The name that <see cref="Product"/> gives its result if llama.cpp gives it none.</summary>
    public static string NameOfProduct(Weight W) =>
        W.Adapters.Count == 0 ? WeightName.OfActivation(W.Name)! : WeightName.OfAdaptedSum(WeightName.OfActivation(W.Adapters[0].B.Name)!)!;

    /// <summary>The rows of tokens, <c>embd</c>. If E has adapters, that names the last sum, as for a product.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="E">(V, d).</param>
    /// <param name="tokens">(T), each within 0 … V − 1.</param>
    public static Tensor Embedding(State s, Weight E, ReadOnlySpan<int> tokens)
    {
        const string name = "embd";
        if (s.Tap is { } tap && E.Adapters.Count > 0)
        {
            return LowRankRows.Forward(s.Pass, E, tokens, Look(tap, E, "GET_ROWS", name, -1));
        }
        Tensor x = Ops.Embedding.Forward(s.Pass, E, tokens);
        s.Tap?.Take(name, -1, "GET_ROWS", x);
        return x;
    }

    // The steps, under the names of Engine.LlamaCpp.Taps.GraphNode. llama.cpp adds several adapters in the order of a hash table, so
    // the intermediate sums have no counterpart there: only the last is reported.
    private static LowRankLook Look(ActivationTap tap, Weight W, string operation, string? name, int layer, Func<Tensor, long[]>? shape = null)
    {
        shape ??= y => [y.Columns, y.Rows];
        string product = operation == "GET_ROWS" ? "MUL_MAT" : operation;
        string stem = WeightName.OfActivation(W.Name)!, A = WeightName.OfActivation(W.Adapters[0].A.Name)!, B = WeightName.OfActivation(W.Adapters[0].B.Name)!;
        (string sum, int of) = name is null ? (WeightName.OfAdaptedSum(B)!, -1) : (name, layer);
        int left = W.Adapters.Count;
        return (step, y) =>
        {
            switch (step)
            {
                case LowRankStep.Weight: tap.Take(stem, -1, operation, y, shape(y)); break;
                case LowRankStep.A: tap.Take(A, -1, operation, y, shape(y)); break;
                case LowRankStep.B: tap.Take(B, -1, product, y, shape(y)); break;
                case LowRankStep.Scaled: tap.Take($"scale({B})", -1, "SCALE", y, shape(y)); break;
                case LowRankStep.Sum when --left == 0: tap.Take(sum, of, "ADD", y, shape(y)); break;
                default: tap.Skip(WeightName.OfAdaptedSum(B)!, "ADD"); break;
            }
        };
    }

    private static bool Wants(ActivationTap tap, Weight W, string? product, int layer) =>
        product is null ? tap.Wants(WeightName.OfActivation(W.Name)!, -1) : tap.Wants(product, layer);

    private static void Take(State s, string? name, int layer, Tensor y)
    {
        if (name is not null)
        {
            s.Tap?.Take(name, layer, "ADD", y);
        }
    }
}
