using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>The scaling of queries before their product with keys, for a model that does it there.</summary>
/// <param name="Factor">What the queries are multiplied by.</param>
/// <param name="Name">llama.cpp's name of the result, with the layer.</param>
internal readonly record struct ScaledQueries(float Factor, string Name);

/// <summary>Queries, keys and values of LLaMA and its descendants, under llama.cpp's names.</summary>
internal static class RotaryAttention
{
    /// <summary>Projects, normalizes the heads of queries and keys if the model does, and rotates them.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="i">The layer.</param>
    /// <param name="A">Its weights.</param>
    /// <param name="c">The sizes.</param>
    /// <param name="x">attn_norm (T, d).</param>
    /// <param name="turns">(T, r).</param>
    /// <param name="scaled">The scaling of the queries, or null.</param>
    /// <param name="windows">Whether some layers see only a window: llama.cpp's graph then needs the keys before the values, otherwise after them.</param>
    /// <returns>(T, H·d_k), 2 × (T, G·d_k).</returns>
    public static (Tensor Q, Tensor K, Tensor V) Project(
        State s, int i, AttentionWeights A, RotaryConfig c, Tensor x, Tensor turns, ScaledQueries? scaled = null, bool windows = false)
    {
        (Func<Tensor> Q, Func<Tensor> K, Func<Tensor> V) = A.AttnQKV is null ? Apart(s, i, A, c, x, turns) : Split(s, i, A, c, x, turns);
        Tensor queries = Q();
        if (scaled is var (factor, name))
        {
            queries = Scale.Forward(s.Pass, queries, factor);
            s.Tap?.Take(name, -1, "SCALE", queries, c.d_k);
        }
        if (windows)
        {
            return (queries, K(), V());
        }
        Tensor values = V();
        return (queries, K(), values);
    }

    private static (Func<Tensor> Q, Func<Tensor> K, Func<Tensor> V) Apart(State s, int i, AttentionWeights A, RotaryConfig c, Tensor x, Tensor turns) => (
        () => Place(s, i, Heads(s, i, c, Linear(s, A.AttnQ!, A.AttnQBias, x, "Qcur", i), "Qcur", "RESHAPE"), A.AttnQNorm, c, turns, "Qcur"),
        () => Place(s, i, Heads(s, i, c, Linear(s, A.AttnK!, A.AttnKBias, x, "Kcur", i), "Kcur", "RESHAPE"), A.AttnKNorm, c, turns, "Kcur"),
        () => Heads(s, i, c, Linear(s, A.AttnV!, A.AttnVBias, x, "Vcur", i), "Vcur", "RESHAPE"));

    // The same for a file with the three weights fused.
    private static (Func<Tensor> Q, Func<Tensor> K, Func<Tensor> V) Split(State s, int i, AttentionWeights A, RotaryConfig c, Tensor x, Tensor turns)
    {
        (Pass pass, int q, int kv) = (s.Pass, c.H * c.d_k, c.G * c.d_k);
        Tensor wqkv = NamedSteps.Linear(s, A.AttnQKV!, A.AttnQKVBias, x, "wqkv", A.AttnQKVBias is null ? "wqkv" : "wqkv_b", i); // (T, H·d_k + 2·G·d_k)
        Tensor Q = Columns.Take(pass, wqkv, 0, q), K = Columns.Take(pass, wqkv, q, kv), V = Columns.Take(pass, wqkv, q + kv, kv);
        // llama.cpp uses separate biases with a fused weight only if all three are present.
        if (A is { AttnQBias: { } b_q, AttnKBias: { } b_k, AttnVBias: { } b_v })
        {
            (Q, K, V) = (Bias.Forward(pass, Q, b_q), Bias.Forward(pass, K, b_k), Bias.Forward(pass, V, b_v));
        }
        return (
            () => Place(s, i, Heads(s, i, c, Q, "Qcur", "VIEW"), A.AttnQNorm, c, turns, "Qcur"),
            () => Place(s, i, Heads(s, i, c, K, "Kcur", "VIEW"), A.AttnKNorm, c, turns, "Kcur"),
            () => Heads(s, i, c, V, "Vcur", "VIEW"));
    }

    // A separate step in ggml's graph, though not here.
    private static Tensor Heads(State s, int i, RotaryConfig c, Tensor x, string name, string operation)
    {
        s.Tap?.Take(name, i, operation, x, c.d_k);
        return x;
    }

    private static Tensor Place(State s, int i, Tensor x, Weight? norm, RotaryConfig c, Tensor turns, string name)
    {
        Tensor y = norm is null ? x : NamedSteps.RmsNorm(s, x, norm, c.Epsilon, name + "_normed", i, byHeads: true);
        y = Rope.Forward(s.Pass, y, turns, c.Heads);
        s.Tap?.Take(name, i, "ROPE", y, c.d_k);
        return y;
    }

    private static Tensor Linear(State s, Weight weight, Weight? bias, Tensor x, string name, int layer) =>
        NamedSteps.Linear(s, weight, bias, x, name, name, layer);
}
