using System.Runtime.CompilerServices;
using Engine.Api.Requests;
using Engine.Parity;
using Engine.Sampling;

namespace Engine.Api.Answers;

/// <summary>Verifies a request's answers: keeps the logits of each token as it passes, and judges them after the last one.</summary>
/// <param name="each">One for each prompt.</param>
/// <param name="settings">What was asked of each generation.</param>
/// <param name="call">The time that is left.</param>
/// <param name="release">Called when nothing is kept any longer.</param>
internal sealed class GenerationVerification(IReadOnlyList<Verification> each, GenerationSettings settings, ModelCall call, Action release) : IDisposable
{
    private readonly List<GeneratedToken>[] _steps = [.. Enumerable.Range(0, each.Count * settings.Answers).Select(_ => new List<GeneratedToken>())];
    private Action? _release = release;

    /// <summary>The prompts in the ids that are judged.</summary>
    public IReadOnlyList<Prompt> Prompts => [.. each.Select(one => one.Prompt)];

    /// <summary>The result; null before the tokens have ended.</summary>
    public GenerationVerdict? Verdict { get; private set; }

    /// <summary>Passes tokens through, then judges them.</summary>
    /// <param name="tokens">Each with the number of its answer, and with all logits of its step.</param>
    /// <param name="cancellationToken">Cancels the judging.</param>
    public async IAsyncEnumerable<(int Answer, GeneratedToken Token)> WatchAsync(
        IAsyncEnumerable<(int Answer, GeneratedToken Token)> tokens, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((int answer, GeneratedToken token) in tokens.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            _steps[answer].Add(token);
            yield return (answer, WithoutLogits(token));
        }
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (call.Left() is { } left)
        {
            late.CancelAfter(left);
        }
        var reports = new List<ParityReport>(_steps.Length);
        for (int answer = 0; answer < _steps.Length; answer++)
        {
            reports.Add(await JudgeAsync(answer, late.Token, cancellationToken).ConfigureAwait(false));
            _steps[answer] = []; // its logits
        }
        Verdict = GenerationVerdict.Of(reports);
    }

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();

    private async Task<ParityReport> JudgeAsync(int answer, CancellationToken late, CancellationToken cancellationToken)
    {
        try
        {
            ParityReport report = await each[answer / settings.Answers].RunAsync(_steps[answer], null, late).ConfigureAwait(false);
            return report with { Native = WithoutFolder(report.Native), Reference = WithoutFolder(report.Reference) };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw call.Late();
        }
    }

    // The server's folders are not disclosed.
    private static ParitySide WithoutFolder(ParitySide side) => side with { Path = Path.GetFileName(side.Path) };

    // Log-probabilities that the request also asks for come from the same logits.
    private GeneratedToken WithoutLogits(GeneratedToken token)
    {
        if (settings.TopLogprobs is not { } top)
        {
            return token with { Logits = null };
        }
        (TokenLogProbability[] most, float own) = LogitRow.Probabilities(token.Logits, Math.Max(1, top), token.Token);
        return token with { Logits = null, TopK = most, LogProbability = own };
    }
}

/// <summary>The reference's verdict on the logits that the answers' tokens were sampled from.</summary>
/// <param name="Verdict">Whether all of them pass.</param>
/// <param name="Explanation">Why, in one sentence; for the first answer that fails, if one does.</param>
/// <param name="Answers">The report on each answer.</param>
internal sealed record GenerationVerdict(ParityVerdict Verdict, string Explanation, IReadOnlyList<ParityReport> Answers)
{
    public static GenerationVerdict Of(IReadOnlyList<ParityReport> reports)
    {
        ParityReport first = reports.FirstOrDefault(report => report.Verdict == ParityVerdict.Fail) ?? reports[0];
        return new GenerationVerdict(first.Verdict, first.Explanation, reports);
    }
}
