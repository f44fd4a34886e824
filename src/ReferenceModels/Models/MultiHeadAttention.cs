using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>Attention as a model's layer calls it: fused, or in steps under llama.cpp's names if a tap needs them.</summary>
internal static class MultiHeadAttention
{
    private static readonly string[] Steps = ["kq", "kq_scaled_1", "kq_tanh", "kq_scaled_2", "kq_plus_kq_b", "kq_soft_max", "v_cont", "kqv"];

    /// <summary>Attends from T queries to n positions.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="i">The layer.</param>
    /// <param name="Q">(T, H·d_k).</param>
    /// <param name="K">(n, G·d_k).</param>
    /// <param name="V">(n, G·d_k).</param>
    /// <param name="rule">Heads, scale, bias, and what a query sees.</param>
    /// <returns>kqv_out (T, H·d_k), the heads side by side.</returns>
    public static Tensor Forward(State s, int i, Tensor Q, Tensor K, Tensor V, AttentionRule rule)
    {
        Tensor kqv_out = s.Tap is { } tap && Steps.Any(name => tap.Wants(name, i))
            ? InSteps(s.Pass, tap, i, Q, K, V, rule) : rule.Drops ? AttentionDropout.Forward(s.Pass, Q, K, V, rule) : Attention.Forward(s.Pass, Q, K, V, rule);
        s.Tap?.Take("kqv_out", i, "CONT", kqv_out);
        return kqv_out;
    }

    /// <summary>The same for several sequences, which requires that there is no tap and no dropout, or for a single one.</summary>
    /// <returns>kqv_out of all parts, one after the other.</returns>
    public static Tensor Forward(State s, int i, IReadOnlyList<AttentionPart> parts) => parts is [(var Q, { IsWhole: true } K, var V, var rule)]
        ? Forward(s, i, Q, K[0], V[0], rule) : Attention.Forward(s.Pass, parts);

    private static Tensor InSteps(Pass pass, ActivationTap tap, int i, Tensor Q, Tensor K, Tensor V, AttentionRule rule)
    {
        (int T, int n) = (Q.Rows, K.Rows);
        if (!rule.Causal && tap.Wants("v_cont", i))
        {
            // A cache stores values as the product needs them; without one, llama.cpp transposes them here.
            Tensor v_cont = AttentionSteps.Transpose(pass, V);                                     // (H·d_k, n)
            tap.Take("v_cont", i, "CONT", v_cont, [n, V.Columns / rule.G, rule.G]);
        }
        Tensor kq = AttentionSteps.Scores(pass, Q, K, rule);                                       // (H·T, n)
        tap.Take("kq", i, "MUL_MAT", kq, [n, T, rule.H]);
        if (rule.SoftCap > 0)
        {
            (kq, rule) = (Capped(pass, tap, i, kq, rule), rule with { Scale = 1 });                // (H·T, n)
        }
        if (rule.Bias is { } bias)
        {
            kq = Residual.Forward(pass, kq, bias);                                                 // (H·T, n)
            tap.Take("kq_plus_kq_b", i, "ADD", kq, [n, T, rule.H]);
        }
        Tensor kq_soft_max = AttentionSteps.Probabilities(pass, kq, rule);                         // (H·T, n)
        tap.Take("kq_soft_max", i, "SOFT_MAX", kq_soft_max, [n, T, rule.H]);
        Tensor kqv = AttentionSteps.Sums(pass, kq_soft_max, V, rule);                              // (H·T, d_k)
        tap.Take("kqv", i, "MUL_MAT", kqv, [kqv.Columns, T, rule.H]);
        return AttentionSteps.Concatenate(pass, kqv, rule.H);
    }

    // c·tanh(scale·q·k / c). The architectures with a cap scale their queries first, so that scale is 1.
    private static Tensor Capped(Pass pass, ActivationTap tap, int i, Tensor kq, AttentionRule rule)
    {
        long[] shape = [kq.Columns, kq.Rows / rule.H, rule.H];
        kq = Scale.Forward(pass, kq, rule.Scale / rule.SoftCap);
        tap.Take("kq_scaled_1", i, "SCALE", kq, shape);
        kq = Tanh.Forward(pass, kq);
        tap.Take("kq_tanh", i, "UNARY", kq, shape);
        kq = Scale.Forward(pass, kq, rule.SoftCap);
        tap.Take("kq_scaled_2", i, "SCALE", kq, shape);
        return kq;
    }
}
