using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>The product with a weight that has low-rank adapters: y = x Wᵀ + Σ s·(x Aᵀ) Bᵀ + b (Hu et al. 2021,
/// https://arxiv.org/abs/2106.09685), each term computed and added in the order of ggml's graph.</summary>
internal static class LowRankProduct
{
    /// <summary>(T, in) → (T, out).</summary>
    public static Tensor Forward(Pass pass, Weight W, Weight? b, Tensor x, LowRankLook? look = null)
    {
        Tensor y = Linear.Product(pass, W, null, x);
        look?.Invoke(LowRankStep.Weight, y);
        foreach (LowRank adapter in W.Adapters)
        {
            Tensor Ax = Linear.Product(pass, adapter.A, null, x);                                  // (T, r)
            look?.Invoke(LowRankStep.A, Ax);
            y = Add(pass, y, adapter, Ax, look);                                                   // (T, out)
        }
        return b is null ? y : Bias.Forward(pass, y, b);
    }

    /// <summary>y + s·Ax Bᵀ, (T, out).</summary>
    internal static Tensor Add(Pass pass, Tensor y, LowRank adapter, Tensor Ax, LowRankLook? look)
    {
        Tensor BAx = Linear.Product(pass, adapter.B, null, Ax);                                    // (T, out)
        look?.Invoke(LowRankStep.B, BAx);
        Tensor scaled = Scale.Forward(pass, BAx, adapter.Scale);                                   // (T, out)
        look?.Invoke(LowRankStep.Scaled, scaled);
        Tensor sum = Residual.Forward(pass, y, scaled);                                            // (T, out)
        look?.Invoke(LowRankStep.Sum, sum);
        return sum;
    }
}
