using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>The mixture of experts in place of the feed-forward, as in Mixtral (Jiang et al. 2024, https://arxiv.org/abs/2401.04088,
/// section 2.1) and Qwen3-MoE: y = Σ_j w_j·SwiGLU_j(x) over the k experts with the largest probabilities softmax(W_r·x), w_j
/// being these probabilities divided by their sum.</summary>
internal static class MixtureOfExperts
{
    // llama.cpp's minimum for the sum of probabilities: the smallest normal F16 number.
    private const float MinSum = 6.103515625e-5f;

    /// <summary>Computes the mixture.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="i">The layer.</param>
    /// <param name="X">Its weights.</param>
    /// <param name="k">Experts per token.</param>
    /// <param name="x">(T, d).</param>
    /// <returns>ffn_moe_out (T, d).</returns>
    public static Tensor Forward(State s, int i, ExpertWeights X, int k, Tensor x)
    {
        (Pass pass, ActivationTap? tap, int T) = (s.Pass, s.Tap, x.Rows);
        (ExpertChoice choice, Tensor weights) = Route(s, i, X, k, x);                              // (T, k)
        Tensor gate = NamedSteps.ExpertProduct(s, X.FfnGateExps, x, choice, "ffn_moe_gate", i);    // (T·k, f)
        Tensor up = NamedSteps.ExpertProduct(s, X.FfnUpExps, x, choice, "ffn_moe_up", i);          // (T·k, f)
        Tensor swiglu = SwiGlu.Forward(pass, gate, up);                                            // (T·k, f)
        tap?.Take("ffn_moe_swiglu", i, "GLU", swiglu, [swiglu.Columns, k, T]);
        Tensor down = NamedSteps.ExpertProduct(s, X.FfnDownExps, swiglu, choice, "ffn_moe_down", i); // (T·k, d)
        Tensor weighted = ExpertProduct.Weigh(pass, down, weights);                                // (T·k, d)
        tap?.Take("ffn_moe_weighted", i, "MUL", weighted, [weighted.Columns, k, T]);
        Tensor y = ExpertProduct.Sum(pass, weighted, k, (j, sum) =>                                // (T, d)
        {
            if (j < k - 1)
            {
                tap?.Take(NameOfSum(i, j), -1, "ADD", sum);
            }
            else
            {
                tap?.Take("ffn_moe_out", i, "ADD", sum);
            }
        });
        if (k == 1)
        {
            tap?.Take("ffn_moe_out", i, "CONT", y);
        }
        return y;
    }

    private static (ExpertChoice Choice, Tensor Weights) Route(State s, int i, ExpertWeights X, int k, Tensor x)
    {
        (Pass pass, ActivationTap? tap, int T) = (s.Pass, s.Tap, x.Rows);
        Tensor logits = NamedSteps.Product(s, X.FfnGateInp, x, "ffn_moe_logits", i);               // (T, E)
        Tensor probs = Softmax.Rows(pass, logits);                                                 // (T, E)
        tap?.Take("ffn_moe_probs", i, "SOFT_MAX", probs);
        Tensor order = ExpertChoice.Order(pass, probs);                                            // (T, E)
        tap?.Take("ffn_moe_argsort", i, "ARGSORT", order);
        ExpertChoice choice = ExpertChoice.First(order, k);
        Tensor chosen = choice.Take(pass, probs);                                                  // (T, k)
        tap?.Take("ffn_moe_weights", i, "GET_ROWS", chosen, [1, k, T]);
        Tensor sums = ExpertChoice.Sums(pass, chosen);                                             // (T, 1)
        tap?.Take("ffn_moe_weights_sum", i, "SUM_ROWS", sums);
        foreach (ref float sum in sums.Values)
        {
            sum = Math.Max(sum, MinSum);
        }
        tap?.Take("ffn_moe_weights_sum_clamped", i, "CLAMP", sums);
        Tensor weights = ExpertChoice.Share(pass, chosen, sums);                                   // (T, k)
        tap?.Take("ffn_moe_weights_norm", i, "DIV", weights);
        return (choice, weights);
    }

    // llama.cpp names only the last sum; the others are named after their operands, two levels deep.
    private static string NameOfSum(int i, int j)
    {
        string view = $"ffn_moe_weighted-{i} (view)";
        return j switch
        {
            1 => $"add({view},{view})",
            2 => $"add(add({view},{view}),{view})",
            _ => $"add(add(add,{view}),{view})",
        };
    }
}
