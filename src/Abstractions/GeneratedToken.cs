namespace Engine;

/// <summary>One step of a generation.</summary>
public sealed record GeneratedToken
{
    /// <summary>The chosen token.</summary>
    public required int Token { get; init; }

    /// <summary>The text that became certain with this token: whole characters only, and nothing that may still turn
    /// out to be the beginning of a stop text. Often empty; the concatenation over all tokens is the answer.</summary>
    public required string Text { get; init; }

    /// <summary>Index of the step, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Number of tokens of the prompt, special tokens included.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>How many of them came from the cache, because another request began with the same tokens.</summary>
    public int CachedTokens { get; init; }

    /// <summary>From the moment a slot took the request until this token was chosen, however late it is read: for the first token the
    /// time of the prompt, for each further one the time of one more step.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>All V logits of this step, with <see cref="StepLogits.Full"/>.</summary>
    public float[]? Logits { get; init; }

    /// <summary>The most probable tokens of this step, with <see cref="StepLogits.TopK"/>.</summary>
    public IReadOnlyList<TokenLogProbability>? TopK { get; init; }

    /// <summary>ln of the chosen token's probability in this step, with <see cref="StepLogits.TopK"/>.</summary>
    public float? LogProbability { get; init; }

    /// <summary>Set on the last token only.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>The stop text that ended the answer, with <see cref="FinishReason.Stop"/>.</summary>
    public string? StopText { get; init; }
}

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model produced an end-of-generation token; it is the last token, with the text still held back. Or the
    /// request's constraint lets nothing follow.</summary>
    EndOfGeneration,

    /// <summary>A stop text appeared.</summary>
    Stop,

    /// <summary>As many tokens as asked for.</summary>
    MaxTokens,

    /// <summary>The context is full. Nothing is shifted out silently.</summary>
    ContextFull,
}
