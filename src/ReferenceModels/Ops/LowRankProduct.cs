using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>The product with a weight that has low-rank adapters: y = x Wᵀ + Σ s·(x Aᵀ) Bᵀ + b (Hu et al. 2021,
/// https://arxiv.org/abs/2106.09685), each term computed and added in the order of ggml's graph.</summary>
internal static class LowRankProduct
{
    /// <summary>(T, in) → (T, out).</summary>
    public static Tensor Forward(Pass pass, Weight W, Weight? b, Tensor x)
    {
        Tensor y = Linear.Product(pass, W, null, x);
        foreach (LowRank adapter in W.Adapters)
        {
            Tensor Ax = Linear.Product(pass, adapter.A, null, x);       // (T, r)
            Tensor BAx = Linear.Product(pass, adapter.B, null, Ax);     // (T, out)
            y = Residual.Forward(pass, y, Scale.Forward(pass, BAx, adapter.Scale));
        }
        return b is null ? y : Bias.Forward(pass, y, b);
    }
}
