using Engine.Parity;

namespace Engine.Host.Commands;

/// <summary>Judges a generation by the reference: the very logits that produced each token.</summary>
/// <param name="native">The model that generates.</param>
/// <param name="reference">The model it is judged by.</param>
/// <param name="request">What was asked; its text is split here, once, so that what is judged is what was generated from.</param>
internal sealed class Verification(IModel native, IModel reference, GenerateRequest request)
{
    /// <summary>What the kept logits may take.</summary>
    private const long MostBytes = 1L << 30;

    private readonly IReadOnlyList<int> _tokens = request.Prompt.ToTokens(native.Tokenizer);

    /// <summary>The request in token ids.</summary>
    public GenerateRequest Request => request with { Prompt = Prompt.FromTokens(_tokens), Logits = StepLogits.Full };

    /// <summary>Refuses a generation whose logits would fill the memory.</summary>
    /// <exception cref="InvalidRequestException">Both numbers are in it.</exception>
    public static void RequireRoom(ModelCard card, int maxTokens)
    {
        long tokenBytes = sizeof(float) * (long)card.VocabularySize;
        long tokens = Math.Min(maxTokens, card.ContextLength);
        if (tokens * tokenBytes > MostBytes)
        {
            throw new InvalidRequestException(
                $"Verifying {tokens} tokens: their logits are to be kept, {tokens * tokenBytes >> 20} MiB, where at most {MostBytes >> 20} MiB are allowed. "
                + $"Take --max-tokens {MostBytes / tokenBytes} or less.");
        }
    }

    /// <summary>Judges the steps, and the ids of a text prompt, where the reference can read it.</summary>
    public async Task<ParityReport> RunAsync(IReadOnlyList<GeneratedToken> steps, CancellationToken cancellationToken)
    {
        using var bar = new ProgressBar("Verifying");
        var options = new ParityOptions { Setting = request.Numerics, Progress = bar };
        ParityReport report = await ParityCheck.VerifyAsync(native.Card, reference, _tokens, steps, options, cancellationToken).ConfigureAwait(false);
        report = await SecondOpinion.AskAsync(report, native.Card, arithmetic => ParityCheck.VerifyAsync(
            native.Card, reference, _tokens, steps, options with { Arithmetic = arithmetic }, cancellationToken)).ConfigureAwait(false);
        return Disagreement() is { } fault ? report with { Verdict = ParityVerdict.Fail, Explanation = fault } : report;
    }

    /// <summary>What was judged, and the verdict in a line of its own.</summary>
    public static string Describe(ParityReport report) =>
        $"Verified {report.Positions} {(report.Positions == 1 ? "token" : "tokens")} against the reference, {report.Setting.ToString().ToLowerInvariant()} setting.\n"
        + $"{(report.Verdict == ParityVerdict.Pass ? "PASS" : "FAIL")}: {report.Explanation}.";

    // Where the reference has no tokenizer for the vocabulary, the logits are judged on the native one's ids.
    private string? Disagreement() =>
        reference.Card.SplitsText ? ParityCheck.Disagreement(_tokens, request.Prompt.ToTokens(reference.Tokenizer)) : null;
}
