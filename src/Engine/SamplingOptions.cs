namespace Engine;

/// <summary>How the next token is chosen from the logits. Names and order of application are llama.cpp's. What is null is left to the
/// model's file (<see cref="ModelCard.Sampling"/>), and where that is silent to <see cref="Default"/>.</summary>
/// <remarks>Order: penalties, top-k, top-p, min-p, temperature, draw. Temperature 0 takes the largest logit after the penalties.</remarks>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits; 0 is greedy. Default 0.8.</summary>
    public float? Temperature { get; init; }

    /// <summary>Keeps the k largest logits; 0 keeps all. Default 40.</summary>
    public int? TopK { get; init; }

    /// <summary>Keeps the smallest set of tokens whose probability reaches this; 1 keeps all. Default 0.95.</summary>
    public float? TopP { get; init; }

    /// <summary>Keeps tokens of at least this part of the largest probability; 0 keeps all. Default 0.05.</summary>
    public float? MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of recent tokens; 1 is none. Default 1.</summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary>Subtracted once per occurrence among the recent tokens. Default 0.</summary>
    public float? FrequencyPenalty { get; init; }

    /// <summary>Subtracted once if among the recent tokens. Default 0.</summary>
    public float? PresencePenalty { get; init; }

    /// <summary>How many recent tokens (prompt included) the penalties look at; 0 none, -1 all. Default 64.</summary>
    public int? PenaltyWindow { get; init; }

    /// <summary>Seed of the draw: the same seed, request and backend give the same tokens. Null draws a fresh one.</summary>
    public ulong? Seed { get; init; }

    /// <summary>llama.cpp's values, where neither the request nor the model's file has others.</summary>
    public static SamplingOptions Default { get; } = new()
    {
        Temperature = 0.8f,
        TopK = 40,
        TopP = 0.95f,
        MinP = 0.05f,
        RepetitionPenalty = 1,
        FrequencyPenalty = 0,
        PresencePenalty = 0,
        PenaltyWindow = 64,
    };

    /// <summary>Always the largest logit, whatever the model's file would have.</summary>
    public static SamplingOptions Greedy { get; } = Default with { Temperature = 0 };

    /// <summary>These options, with what is null in them taken from others.</summary>
    public SamplingOptions Otherwise(SamplingOptions others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return new SamplingOptions
        {
            Temperature = Temperature ?? others.Temperature,
            TopK = TopK ?? others.TopK,
            TopP = TopP ?? others.TopP,
            MinP = MinP ?? others.MinP,
            RepetitionPenalty = RepetitionPenalty ?? others.RepetitionPenalty,
            FrequencyPenalty = FrequencyPenalty ?? others.FrequencyPenalty,
            PresencePenalty = PresencePenalty ?? others.PresencePenalty,
            PenaltyWindow = PenaltyWindow ?? others.PenaltyWindow,
            Seed = Seed ?? others.Seed,
        };
    }
}
