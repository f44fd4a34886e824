namespace Engine;

/// <summary>How the next token is chosen from the logits. Names and order of application are llama.cpp's.</summary>
/// <remarks>Order: penalties, top-k, top-p, min-p, temperature, draw. Temperature 0 takes the largest logit after the penalties.</remarks>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits; 0 is greedy. Default 0.8.</summary>
    public float Temperature { get; init; } = 0.8f;

    /// <summary>Keeps the k largest logits; 0 keeps all. Default 40.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Keeps the smallest set of tokens whose probability reaches this; 1 keeps all. Default 0.95.</summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>Keeps tokens of at least this part of the largest probability; 0 keeps all. Default 0.05.</summary>
    public float MinP { get; init; } = 0.05f;

    /// <summary>Divides positive and multiplies negative logits of recent tokens; 1 is none. Default 1.</summary>
    public float RepetitionPenalty { get; init; } = 1f;

    /// <summary>Subtracted once per occurrence among the recent tokens. Default 0.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Subtracted once if among the recent tokens. Default 0.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>How many recent tokens (prompt included) the penalties look at; 0 none, -1 all. Default 64.</summary>
    public int PenaltyWindow { get; init; } = 64;

    /// <summary>Seed of the draw: the same seed, request and backend give the same tokens. Null draws a fresh one.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Always the largest logit.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };
}
