using Engine.Parity;

namespace Engine.Host.Commands;

/// <summary>Judges a generation by the reference: the very logits that produced each token.</summary>
internal sealed class Verification(IModel native, IModel reference, Numerics setting, SecondOpinion second)
{
    /// <summary>What the kept logits may take.</summary>
    private const long MostBytes = 1L << 30;

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

    /// <summary>Judges the steps; the tokens of a text prompt first, where the reference can read it.</summary>
    public async Task<ParityReport> RunAsync(Prompt prompt, IReadOnlyList<GeneratedToken> steps, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> tokens = prompt.ToTokens(native.Tokenizer);
        using var bar = new ProgressBar("Verifying");
        var options = new ParityOptions { Setting = setting, Progress = bar };
        ParityReport report = await ParityCheck.VerifyAsync(native.Card, reference, tokens, steps, options, cancellationToken).ConfigureAwait(false);
        report = await second.AskAsync(
            report, native.Card, other => ParityCheck.VerifyAsync(native.Card, other, tokens, steps, options, cancellationToken), cancellationToken).ConfigureAwait(false);
        return Disagreement(prompt, tokens) is { } fault ? report with { Verdict = ParityVerdict.Fail, Explanation = fault } : report;
    }

    /// <summary>What was judged, and the verdict in a line of its own.</summary>
    public static string Describe(ParityReport report) =>
        $"Verified {report.Positions} {(report.Positions == 1 ? "token" : "tokens")} against the reference, {report.Setting.ToString().ToLowerInvariant()} setting.\n"
        + $"{(report.Verdict == ParityVerdict.Pass ? "PASS" : "FAIL")}: {report.Explanation}.";

    private string? Disagreement(Prompt prompt, IReadOnlyList<int> tokens)
    {
        try
        {
            return ParityCheck.Disagreement(tokens, prompt.ToTokens(reference.Tokenizer));
        }
        catch (UnsupportedRequestException)
        {
            // The reference has no tokenizer for this vocabulary; the logits are judged on the native one's ids.
            return null;
        }
    }
}
