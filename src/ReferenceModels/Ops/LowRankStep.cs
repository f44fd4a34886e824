namespace ReferenceModels.Ops;

/// <summary>The steps in which ggml's graph uses a weight that has adapters.</summary>
internal enum LowRankStep
{
    /// <summary>x Wᵀ, or the rows of E.</summary>
    Weight,

    /// <summary>x Aᵀ, or the rows of A.</summary>
    A,

    /// <summary>The result of <see cref="A"/> times Bᵀ.</summary>
    B,

    /// <summary>The result of <see cref="B"/> times s·α/r.</summary>
    Scaled,

    /// <summary>The sum so far.</summary>
    Sum,
}

/// <summary>Gets a step's result before the next step uses it.</summary>
internal delegate void LowRankLook(LowRankStep step, Tensor result);
