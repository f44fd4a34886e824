namespace ReferenceModels.Ops;

/// <summary>The steps in which ggml's graph uses a weight that has adapters.</summary>
internal enum LowRankStep
{
    /// <summary>x Wᵀ, or the rows of E.</summary>
    Weight,

    /// <summary>x Aᵀ, or the rows of A.</summary>
    A,

    /// <summary>Those times Bᵀ.</summary>
    B,

    /// <summary>Those times s·α/r.</summary>
    Scaled,

    /// <summary>The sum so far.</summary>
    Sum,
}

/// <summary>Looks at a step's result, before the next step uses it.</summary>
internal delegate void LowRankLook(LowRankStep step, Tensor result);
