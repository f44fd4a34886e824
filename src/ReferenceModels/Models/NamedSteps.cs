using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>Norms and projections with a bias: at once, or where somebody looks in the steps that ggml has them in, each under
/// llama.cpp's name for it. Either way gives the same result to the last bit.</summary>
internal static class NamedSteps
{
    /// <summary>Layer normalization: <c>norm</c>, <c>norm_w</c> (times the gain), then <paramref name="name"/> (plus the bias).</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="x">(T, d).</param>
    /// <param name="g">Gain (d).</param>
    /// <param name="b">Bias (d).</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="name">The result's; null where it has none.</param>
    /// <param name="layer">The layer that <c>norm</c> is counted to, or -1.</param>
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
    /// <param name="name">The result's.</param>
    /// <param name="layer">The layer that both are counted to, or -1.</param>
    public static Tensor RmsNorm(State s, Tensor x, Weight g, float epsilon, string name, int layer)
    {
        Tensor y;
        if (s.Tap is { } tap && tap.Wants("norm", layer))
        {
            Tensor norm = Ops.RmsNorm.Forward(s.Pass, x, null, null, epsilon);
            tap.Take("norm", layer, "RMS_NORM", norm);
            y = Gain.Forward(s.Pass, norm, g);
        }
        else
        {
            y = Ops.RmsNorm.Forward(s.Pass, x, g, null, epsilon);
        }
        s.Tap?.Take(name, layer, "MUL", y);
        return y;
    }

    /// <summary>x Wᵀ + b: <paramref name="product"/>, then with a bias <paramref name="sum"/>.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="W">(out, in).</param>
    /// <param name="b">(out), or null.</param>
    /// <param name="x">(T, in).</param>
    /// <param name="product">Name of x Wᵀ where a bias follows.</param>
    /// <param name="sum">Name of the result.</param>
    /// <param name="layer">The layer.</param>
    public static Tensor Linear(State s, Weight W, Weight? b, Tensor x, string product, string sum, int layer)
    {
        if (b is null)
        {
            Tensor y = Ops.Linear.Forward(s.Pass, W, null, x);
            TakeProduct(s, W, sum, layer, y);
            return y;
        }
        if (s.Tap is not { } tap || !tap.Wants(product, layer))
        {
            Tensor y = Ops.Linear.Forward(s.Pass, W, b, x);
            s.Tap?.Take(sum, layer, "ADD", y);
            return y;
        }
        Tensor xW = Ops.Linear.Forward(s.Pass, W, null, x);
        TakeProduct(s, W, product, layer, xW);
        Tensor xW_b = Bias.Forward(s.Pass, xW, b);
        tap.Take(sum, layer, "ADD", xW_b);
        return xW_b;
    }

    /// <summary>Hands out x Wᵀ. With adapters of W it is the last sum of ggml's steps; but where llama.cpp leaves a product without a name,
    /// the native side names the bare one after the weight, and that is not at hand here.</summary>
    public static void TakeProduct(State s, Weight W, string name, int layer, Tensor y)
    {
        if (W.Adapters.Count == 0)
        {
            s.Tap?.Take(name, layer, "MUL_MAT", y);
        }
        else if (name != "attn_output")
        {
            s.Tap?.Take(name, layer, "ADD", y);
        }
    }

    private static void Take(State s, string? name, int layer, Tensor y)
    {
        if (name is not null)
        {
            s.Tap?.Take(name, layer, "ADD", y);
        }
    }
}
