namespace Engine.Sampling;

/// <summary>Sampling options with a value for each.</summary>
internal readonly record struct SamplingSettings(
    float Temperature, int TopK, float TopP, float MinP, float XtcProbability, float XtcThreshold,
    float RepetitionPenalty, float FrequencyPenalty, float PresencePenalty, int PenaltyWindow,
    int Mirostat, float MirostatTau, float MirostatEta, string Samplers)
{
    // From here on at most one token is likely, and XTC leaves one.
    private const float XtcOff = 0.5f;

    /// <summary>The request's options, with missing ones from the model's file and then from <see cref="SamplingOptions.Default"/>.</summary>
    public static SamplingSettings Of(SamplingOptions asked, SamplingOptions? file = null)
    {
        SamplingOptions options = asked.WithDefaults(file ?? SamplingOptions.Default).WithDefaults(SamplingOptions.Default);
        return new SamplingSettings(
            options.Temperature!.Value, options.TopK!.Value, options.TopP!.Value, options.MinP!.Value, options.XtcProbability!.Value, options.XtcThreshold!.Value,
            options.RepetitionPenalty!.Value, options.FrequencyPenalty!.Value, options.PresencePenalty!.Value, options.PenaltyWindow!.Value,
            options.Mirostat!.Value, options.MirostatTau!.Value, options.MirostatEta!.Value, options.Samplers!);
    }

    /// <summary>The samplers that have an effect, in order: with Mirostat only the temperature, and none after a temperature of 0,
    /// which leaves only one token.</summary>
    public Sampler[] Chain()
    {
        List<Sampler> chain = Mirostat != 0 ? [Sampler.Temperature] : [.. SamplerNames.Parse(Samplers)];
        chain.RemoveAll(IsNeutral);
        int last = Temperature == 0 ? chain.IndexOf(Sampler.Temperature) : -1;
        if (last >= 0)
        {
            chain.RemoveRange(last + 1, chain.Count - last - 1);
            // Samplers that cut off the tail keep the largest logit.
            while (last > 0 && chain[last - 1] is Sampler.TopK or Sampler.TopP or Sampler.MinP)
            {
                chain.RemoveAt(--last);
            }
        }
        return [.. chain];
    }

    /// <summary>Whether the token is a function of the logits, so that a seed changes nothing.</summary>
    public bool IsGreedy
    {
        get
        {
            Sampler[] chain = Chain();
            return Temperature == 0 && chain.Contains(Sampler.Temperature) && !(chain.Contains(Sampler.Xtc) && XtcProbability < 1);
        }
    }

    private bool IsNeutral(Sampler sampler) => sampler switch
    {
        Sampler.Penalties => PenaltyWindow == 0 || (RepetitionPenalty == 1 && FrequencyPenalty == 0 && PresencePenalty == 0),
        Sampler.TopK => TopK == 0,
        Sampler.TopP => TopP >= 1,
        Sampler.MinP => MinP <= 0,
        Sampler.Xtc => XtcProbability <= 0 || XtcThreshold > XtcOff,
        _ => Temperature == 1,
    };
}
