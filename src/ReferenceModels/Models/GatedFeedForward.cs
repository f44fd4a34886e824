using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>The gated feed-forward (Shazeer 2020, https://arxiv.org/abs/2002.05202) of LLaMA and its descendants, under llama.cpp's names.</summary>
internal static class GatedFeedForward
{
    /// <summary>W_down·(SiLU(W_gate·x) ⊙ W_up·x).</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="i">The layer.</param>
    /// <param name="F">Its weights.</param>
    /// <param name="x">(T, d).</param>
    /// <returns>ffn_out (T, d).</returns>
    public static Tensor SwiGlu(State s, int i, FeedForwardWeights F, Tensor x)
    {
        (Tensor ffn_gate, Tensor ffn_up) = GateAndUp(s, i, F, x);                                  // 2 × (T, f)
        Tensor ffn_swiglu = Ops.SwiGlu.Forward(s.Pass, ffn_gate, ffn_up);                          // (T, f)
        s.Tap?.Take("ffn_swiglu", i, "GLU", ffn_swiglu);
        return Project(s, F.FfnDown, F.FfnDownBias, ffn_swiglu, F.FfnDownBias is null ? "ffn_out" : "ffn_down", "ffn_out", i);
    }

    /// <summary>W_down·(GELU(W_gate·x) ⊙ W_up·x).</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="i">The layer.</param>
    /// <param name="F">Its weights.</param>
    /// <param name="x">(T, d).</param>
    /// <returns>ffn_out (T, d).</returns>
    public static Tensor GeGlu(State s, int i, FeedForwardWeights F, Tensor x)
    {
        (Tensor ffn_gate, Tensor ffn_up) = GateAndUp(s, i, F, x);                                  // 2 × (T, f)
        Tensor ffn_geglu = Ops.GeGlu.Forward(s.Pass, ffn_gate, ffn_up);                            // (T, f)
        s.Tap?.Take("ffn_geglu", i, "GLU", ffn_geglu);
        return NamedSteps.Product(s, F.FfnDown, ffn_geglu, "ffn_out", i);                          // (T, d)
    }

    private static (Tensor Gate, Tensor Up) GateAndUp(State s, int i, FeedForwardWeights F, Tensor x) =>
        (Project(s, F.FfnGate, F.FfnGateBias, x, "ffn_gate", "ffn_gate_b", i), Project(s, F.FfnUp, F.FfnUpBias, x, "ffn_up", "ffn_up_b", i));

    // x Wᵀ, or with a bias x Wᵀ + b, for which llama.cpp may use another name.
    private static Tensor Project(State s, Weight weight, Weight? bias, Tensor x, string product, string sum, int layer) =>
        NamedSteps.Linear(s, weight, bias, x, product, bias is null ? product : sum, layer);
}
