namespace ReferenceModels.Ops;

/// <summary>How a model's rotary frequencies were stretched beyond the context it was trained with.</summary>
internal enum RopeScalingKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Positions divided by a factor (Chen et al. 2023, https://arxiv.org/abs/2306.15595).</summary>
    Linear,

    /// <summary>High frequencies kept, low ones divided (Peng et al. 2023, https://arxiv.org/abs/2309.00071).</summary>
    Yarn,
}

/// <summary>The numbers of a <see cref="RopeScalingKind"/>; metadata keys <c>rope.scaling.*</c>.</summary>
/// <param name="Factor">s, how many times longer than the original context.</param>
/// <param name="OriginalContext">L, tokens of the original context.</param>
/// <param name="AttentionFactor">Multiplies the rotated vectors, for every kind.</param>
/// <param name="BetaFast">β: a pair that turns at least this many times within L is kept (YaRN).</param>
/// <param name="BetaSlow">α: a pair that turns at most this many times within L is divided by s (YaRN).</param>
/// <param name="Extrapolation">How much of YaRN's mixture is used, 0 to 1; llama.cpp's <c>ext_factor</c>.</param>
internal sealed record RopeScaling(
    RopeScalingKind Kind, float Factor, int OriginalContext, float AttentionFactor = 1, float BetaFast = 32, float BetaSlow = 1, float Extrapolation = 1)
{
    /// <summary>No scaling.</summary>
    public static RopeScaling None { get; } = new(RopeScalingKind.None, 1, 0);

    /// <summary>The factor of the rotated vectors: <see cref="AttentionFactor"/>, with YaRN times
    /// √(1/t) = 0.1·ln s + 1 (the paper's equation 22).</summary>
    public double Magnitude =>
        AttentionFactor * (Kind == RopeScalingKind.Yarn && Extrapolation != 0 && Factor > 1 ? 0.1 * Math.Log(Factor) + 1 : 1);

    /// <summary>How much of pair i's own frequency is kept: 1 keeps it, 0 divides it by s.</summary>
    /// <param name="i">The pair.</param>
    /// <param name="d">Rotated width of a head.</param>
    /// <param name="base">Base of the frequencies.</param>
    public double Kept(int i, int d, float @base)
    {
        if (Kind != RopeScalingKind.Yarn)
        {
            return 0;
        }
        // The ramp γ of the paper, over pairs instead of wavelengths and with whole pairs as its ends, as in the authors'
        // code and ggml. In float, so that a pair on the border falls on the same side.
        float low = MathF.Max(0, MathF.Floor(PairThatTurns(BetaFast, d, @base)));
        float high = MathF.Min(d - 1, MathF.Ceiling(PairThatTurns(BetaSlow, d, @base)));
        float y = (i - low) / MathF.Max(0.001f, high - low);
        return (1 - Math.Clamp(y, 0f, 1f)) * Extrapolation;
    }

    // The (fractional) pair that turns this many times within the original context.
    private float PairThatTurns(float times, int d, float @base) =>
        d * MathF.Log(OriginalContext / (times * 2 * MathF.PI)) / (2 * MathF.Log(@base));
}
