namespace Engine.Shadow;

/// <summary>One generation as the oracle needs it: its ids, and the exact logits that each token was chosen from.</summary>
internal sealed record ShadowSample
{
    /// <summary>The model that answered.</summary>
    public required ShadowModel Model { get; init; }

    /// <summary>The trace of the request if it has one, otherwise a new id.</summary>
    public required string RequestId { get; init; }

    /// <summary>When the request ended.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What was asked.</summary>
    public required Prompt Prompt { get; init; }

    /// <summary>Its ids; null if the model runs in another process, whose tokenizer has them.</summary>
    public required IReadOnlyList<int>? PromptIds { get; init; }

    /// <summary>How exactly the answer was computed.</summary>
    public required Numerics Numerics { get; init; }

    /// <summary>The steps.</summary>
    public required StepRecord Steps { get; init; }

    /// <summary>The answer's text; null unless it may be kept.</summary>
    public string? AnswerText { get; init; }
}

/// <summary>The steps of one generation.</summary>
/// <param name="Tokens">The chosen tokens, one per step.</param>
/// <param name="Largest">For each step, the tokens with the largest logits, largest first.</param>
/// <param name="Rows">The rows (V) of a few steps, by step.</param>
internal sealed record StepRecord(
    IReadOnlyList<int> Tokens, IReadOnlyList<IReadOnlyList<(int Token, float Logit)>> Largest, IReadOnlyDictionary<int, float[]> Rows);
