using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>The product with a weight that has low-rank adapters: y = x Wᵀ + Σ s·(x Aᵀ) Bᵀ + b (Hu et al. 2021,
/// https://arxiv.org/abs/2106.09685), each term computed and added in the order of ggml's graph.</summary>
internal static class LowRankProduct
{
    /// <summary>(T, in) → (T, out).</summary>
    public static Tensor Forward(Pass pass, Weight W, Weight? b, Tensor x, LowRankLook? look = null)
    {
        Tensor y = Forward(pass, W, x, static (pass, W, x) => Linear.Product(pass, W, null, x), look);
        return b is null ? y : Bias.Forward(pass, y, b);
    }

    /// <summary>The same with a product other than that with the whole weight, such as the product with the chosen experts.</summary>
    public static Tensor Forward(Pass pass, Weight W, Tensor x, Func<Pass, Weight, Tensor, Tensor> product, LowRankLook? look = null)
    {
        Tensor y = product(pass, W, x);
        look?.Invoke(LowRankStep.Weight, y);
        foreach (LowRank adapter in W.Adapters)
        {
            Tensor Ax = product(pass, adapter.A, x);                                               // (T, r)
            look?.Invoke(LowRankStep.A, Ax);
            Tensor BAx = product(pass, adapter.B, Ax);                                             // (T, out)
            y = Add(pass, y, adapter, BAx, look);                                                  // (T, out)
        }
        return y;
    }

    /// <summary>y + s·BAx, (T, out).</summary>
    internal static Tensor Add(Pass pass, Tensor y, LowRank adapter, Tensor BAx, LowRankLook? look)
    {
        look?.Invoke(LowRankStep.B, BAx);
        Tensor scaled = Scale.Forward(pass, BAx, adapter.Scale);                                   // (T, out)
        look?.Invoke(LowRankStep.Scaled, scaled);
        Tensor sum = Residual.Forward(pass, y, scaled);                                            // (T, out)
        look?.Invoke(LowRankStep.Sum, sum);
        return sum;
    }
}
