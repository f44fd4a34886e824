namespace Engine.Parity;

/// <summary>Verifies a generation against the reference: the exact logits that each token was sampled from.</summary>
/// <param name="native">The model that generates.</param>
/// <param name="reference">The model it is judged by.</param>
/// <param name="prompt">The prompt. Its text is tokenized here, once, so that the judged ids are the ones the model generated from.</param>
/// <param name="numerics">How exactly the native side computes.</param>
internal sealed class Verification(IModel native, IModel reference, Prompt prompt, Numerics numerics)
{
    /// <summary>The memory limit for the stored logits.</summary>
    public const long MaxBytes = 1L << 30;

    private readonly IReadOnlyList<int> _tokens = prompt.ToTokens(native.Tokenizer);

    /// <summary>The prompt in token ids.</summary>
    public Prompt Prompt => Prompt.FromTokens(_tokens);

    /// <summary>Refuses generations whose logits would fill the memory.</summary>
    /// <param name="card">The model that generates.</param>
    /// <param name="maxTokens">The maximum number of tokens of each; null for as many as the context holds.</param>
    /// <param name="generations">How many there are.</param>
    /// <param name="option">The user's name for <paramref name="maxTokens"/>.</param>
    /// <returns>The bytes they may take.</returns>
    /// <exception cref="InvalidRequestException">They would; the message contains both numbers.</exception>
    public static long RequireRoom(ModelCard card, int? maxTokens, int generations, string option)
    {
        long tokenBytes = sizeof(float) * (long)card.VocabularySize;
        long tokens = (long)generations * Math.Min(maxTokens ?? int.MaxValue, card.ContextLength);
        return tokens * tokenBytes <= MaxBytes ? tokens * tokenBytes : throw new InvalidRequestException(
            $"Verifying {tokens} tokens: their logits would take {tokens * tokenBytes >> 20} MiB, and at most {MaxBytes >> 20} MiB are allowed. "
            + $"Take {option} {MaxBytes / tokenBytes / generations} or less.");
    }

    /// <summary>Judges the steps and, if the reference can tokenize a text prompt, its ids.</summary>
    /// <param name="steps">All generated tokens in order, each with <see cref="GeneratedToken.Logits"/>.</param>
    /// <param name="progress">Receives the fraction of the positions compared, from 0 to 1.</param>
    /// <param name="cancellationToken">Cancels the judging.</param>
    public async Task<ParityReport> RunAsync(IReadOnlyList<GeneratedToken> steps, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var options = new ParityOptions { Numerics = numerics, Progress = progress };
        ParityReport report = await ParityCheck.VerifyAsync(native.Card, reference, _tokens, steps, options, cancellationToken).ConfigureAwait(false);
        report = await SecondOpinion.AskAsync(report, native.Card, arithmetic => ParityCheck.VerifyAsync(
            native.Card, reference, _tokens, steps, options with { Arithmetic = arithmetic }, cancellationToken)).ConfigureAwait(false);
        return Disagreement() is { } fault ? report with { Verdict = ParityVerdict.Fail, Explanation = fault } : report;
    }

    // If the reference has no tokenizer for the vocabulary, the logits are judged on the native tokenizer's ids.
    private string? Disagreement() =>
        reference.Card.SplitsText ? ParityCheck.Disagreement(_tokens, prompt.ToTokens(reference.Tokenizer)) : null;
}
