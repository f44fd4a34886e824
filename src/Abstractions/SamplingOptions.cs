namespace Engine;

/// <summary>How the next token is chosen from the logits. Names and formulas are llama.cpp's. Null values come from the
/// model's file (<see cref="ModelCard.Sampling"/>), or else from <see cref="Default"/>.</summary>
/// <remarks>The samplers run in the order of <see cref="Samplers"/>, then one token of those that are left is drawn; with
/// <see cref="Mirostat"/> 1 or 2 the temperature and Mirostat alone choose.</remarks>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits; 0 keeps only the largest. Default 0.8.</summary>
    public float? Temperature { get; init; }

    /// <summary>Keeps the k largest logits; 0 keeps all. Default 40.</summary>
    public int? TopK { get; init; }

    /// <summary>Keeps the smallest set of tokens whose probability reaches this; 1 keeps all. Default 0.95.</summary>
    public float? TopP { get; init; }

    /// <summary>Keeps tokens with at least this fraction of the largest probability; 0 keeps all. Default 0.05.</summary>
    public float? MinP { get; init; }

    /// <summary>How often, from 0 (never) to 1 (always), XTC removes the most probable tokens: of those that reach
    /// <see cref="XtcThreshold"/> all but the least probable one. Default 0.</summary>
    public float? XtcProbability { get; init; }

    /// <summary>The probability from which XTC counts a token as likely; above 0.5 no two tokens can be, and XTC is off. Default 0.1.</summary>
    public float? XtcThreshold { get; init; }

    /// <summary>Divides positive and multiplies negative logits of recent tokens; 1 is no penalty. Default 1.</summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary>Subtracted once per occurrence among the recent tokens. Default 0.</summary>
    public float? FrequencyPenalty { get; init; }

    /// <summary>Subtracted once from the logits of recent tokens. Default 0.</summary>
    public float? PresencePenalty { get; init; }

    /// <summary>How many recent tokens (prompt included) the penalties look at; 0 none, -1 all. Default 64.</summary>
    public int? PenaltyWindow { get; init; }

    /// <summary>1 or 2 keeps the surprise of the text near <see cref="MirostatTau"/> by that version of Mirostat, in place of all
    /// samplers but the temperature; 0 is off. Default 0.</summary>
    public int? Mirostat { get; init; }

    /// <summary>The surprise that Mirostat aims at, in bits per token. Default 5.</summary>
    public float? MirostatTau { get; init; }

    /// <summary>How fast Mirostat corrects itself: the part of a token's error by which its bound moves. Default 0.1.</summary>
    public float? MirostatEta { get; init; }

    /// <summary>The samplers to run, in order, separated by semicolons; one that is not named is off, and an empty text
    /// names none. Default <c>penalties;top_k;top_p;min_p;xtc;temperature</c>.</summary>
    public string? Samplers { get; init; }

    /// <summary>Seed of the draw: the same seed, request and backend give the same tokens. Null draws a fresh one.</summary>
    public ulong? Seed { get; init; }

    /// <summary>llama.cpp's values, for what neither the request nor the model's file sets.</summary>
    public static SamplingOptions Default { get; } = new()
    {
        Temperature = 0.8f,
        TopK = 40,
        TopP = 0.95f,
        MinP = 0.05f,
        XtcProbability = 0,
        XtcThreshold = 0.1f,
        RepetitionPenalty = 1,
        FrequencyPenalty = 0,
        PresencePenalty = 0,
        PenaltyWindow = 64,
        Mirostat = 0,
        MirostatTau = 5,
        MirostatEta = 0.1f,
        Samplers = SamplerNames.Default,
    };

    /// <summary>Always the largest logit, whatever the model's file says.</summary>
    public static SamplingOptions Greedy { get; } = Default with { Temperature = 0 };

    /// <summary>These options, with what is null in them taken from others.</summary>
    public SamplingOptions WithDefaults(SamplingOptions defaults)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        return new SamplingOptions
        {
            Temperature = Temperature ?? defaults.Temperature,
            TopK = TopK ?? defaults.TopK,
            TopP = TopP ?? defaults.TopP,
            MinP = MinP ?? defaults.MinP,
            XtcProbability = XtcProbability ?? defaults.XtcProbability,
            XtcThreshold = XtcThreshold ?? defaults.XtcThreshold,
            RepetitionPenalty = RepetitionPenalty ?? defaults.RepetitionPenalty,
            FrequencyPenalty = FrequencyPenalty ?? defaults.FrequencyPenalty,
            PresencePenalty = PresencePenalty ?? defaults.PresencePenalty,
            PenaltyWindow = PenaltyWindow ?? defaults.PenaltyWindow,
            Mirostat = Mirostat ?? defaults.Mirostat,
            MirostatTau = MirostatTau ?? defaults.MirostatTau,
            MirostatEta = MirostatEta ?? defaults.MirostatEta,
            Samplers = Samplers ?? defaults.Samplers,
            Seed = Seed ?? defaults.Seed,
        };
    }
}
