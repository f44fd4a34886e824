using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>The rows of an embedding that has low-rank adapters: x_t = E[token_t] + Σ s·A[token_t] Bᵀ, each term computed and added in the
/// order of ggml's graph.</summary>
internal static class LowRankRows
{
    /// <summary>(T) → (T, d).</summary>
    public static Tensor Forward(Pass pass, Weight E, ReadOnlySpan<int> tokens, LowRankLook? look = null)
    {
        Tensor x = Embedding.Rows(pass, E, tokens);
        look?.Invoke(LowRankStep.Weight, x);
        foreach (LowRank adapter in E.Adapters)
        {
            Tensor A = Embedding.Rows(pass, adapter.A, tokens);                                    // (T, r)
            look?.Invoke(LowRankStep.A, A);
            x = LowRankProduct.Add(pass, x, adapter, Linear.Product(pass, adapter.B, null, A), look);                                     // (T, d)
        }
        return x;
    }
}
