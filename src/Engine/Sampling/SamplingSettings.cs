namespace Engine.Sampling;

/// <summary>Sampling options with a value for each.</summary>
internal readonly record struct SamplingSettings(
    float Temperature, int TopK, float TopP, float MinP, float RepetitionPenalty, float FrequencyPenalty, float PresencePenalty, int PenaltyWindow)
{
    /// <summary>What a request asks for, and where it does not, what the model's file does; the rest is <see cref="SamplingOptions.Default"/>.</summary>
    public static SamplingSettings Of(SamplingOptions asked, SamplingOptions? file = null)
    {
        SamplingOptions options = asked.Otherwise(file ?? SamplingOptions.Default).Otherwise(SamplingOptions.Default);
        return new SamplingSettings(
            options.Temperature!.Value, options.TopK!.Value, options.TopP!.Value, options.MinP!.Value,
            options.RepetitionPenalty!.Value, options.FrequencyPenalty!.Value, options.PresencePenalty!.Value, options.PenaltyWindow!.Value);
    }

    /// <summary>Whether the logits of recent tokens change.</summary>
    public bool Penalizes => PenaltyWindow != 0 && (RepetitionPenalty != 1 || FrequencyPenalty != 0 || PresencePenalty != 0);
}
