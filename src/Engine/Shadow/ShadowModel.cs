using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Engine.Parity;
using Engine.Sampling;

namespace Engine.Shadow;

/// <summary>Wraps a model and passes some of its generations to the oracle, in the background. The caller gets the same results.</summary>
internal sealed class ShadowModel : DelegatingModel
{
    private readonly ShadowCapture _capture;
    private readonly bool _taps;

    /// <param name="inner">Owned from now on.</param>
    /// <param name="name">Its name in the configuration.</param>
    /// <param name="options">What it was loaded with.</param>
    /// <param name="taps">Whether it calls <see cref="GenerateRequest.Tap"/>; else the rows are requested with <see cref="StepLogits.Full"/>.</param>
    /// <param name="capture">Says which generations are checked, and takes them.</param>
    public ShadowModel(IModel inner, string name, ModelOptions options, bool taps, ShadowCapture capture) : base(inner)
    {
        (Name, Options, _taps, _capture) = (name, options, taps, capture);
        Alarm = new ShadowAlarm(capture.Time);
    }

    /// <summary>Its name in the configuration.</summary>
    public string Name { get; }

    /// <summary>What it was loaded with.</summary>
    public ModelOptions Options { get; }

    /// <summary>The verdicts on this very version.</summary>
    public ShadowAlarm Alarm { get; }

    /// <summary>What its samples have exercised; null before the first. The judge's alone.</summary>
    public Coverage? Coverage { get; set; }

    /// <summary>How many of its samples were judged. The judge's alone.</summary>
    public long Judged { get; set; }

    /// <summary>Why it is not being judged at present; null if it is.</summary>
    public EngineException? OracleFailure { get; set; }

    /// <summary>Whether it is disposed of.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>Leases this version for a comparison of ops; null if it no longer serves. Set by its owner.</summary>
    public Func<IModel?> Hold { get; set; } = static () => null;

    /// <summary>Loads the managed reference on the same file.</summary>
    public required Func<CancellationToken, Task<IModel>> LoadReference { get; init; }

    /// <summary>What is wrong with it; null for nothing.</summary>
    public Exception? Trouble => Alarm.Failure ?? OracleFailure;

    public override IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        _capture.Choose(this) is { } chosen ? CaptureAsync(request, chosen, cancellationToken) : Inner.GenerateAsync(request, cancellationToken);

    protected override ValueTask ReleaseAsync()
    {
        IsReleased = true;
        _capture.Wake();
        return base.ReleaseAsync();
    }

    private async IAsyncEnumerable<GeneratedToken> CaptureAsync(
        GenerateRequest request, ShadowCapture.Choice chosen, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string id = Activity.Current?.TraceId.ToString() ?? Guid.CreateVersion7().ToString("N");
        var recorder = new StepRecorder(chosen.Options.FullRows, chosen.Options.TopK, chosen.Number);
        StringBuilder? text = chosen.Options.KeepText ? new() : null;
        try
        {
            await foreach (GeneratedToken token in Inner.GenerateAsync(_taps ? request with { Tap = recorder } : request with { Logits = StepLogits.Full }, cancellationToken).ConfigureAwait(false))
            {
                text?.Append(token.Text);
                if (_taps)
                {
                    yield return token;
                }
                else
                {
                    float[] row = token.Logits!;
                    recorder.Take(token.Token, row);
                    yield return AsAsked(request, token, row);
                }
            }
        }
        finally
        {
            StepRecord steps = recorder.Close();
            if (steps.Tokens.Count > 0)
            {
                _capture.Add(new ShadowSample
                {
                    Model = this,
                    RequestId = id,
                    Time = _capture.Time.GetUtcNow(),
                    Prompt = request.Prompt,
                    PromptIds = recorder.Prompt,
                    Numerics = request.Numerics,
                    Steps = steps,
                    AnswerText = text?.ToString(),
                });
            }
        }
    }

    /// <summary>A token reduced to what its reader asked for.</summary>
    private static GeneratedToken AsAsked(GenerateRequest request, GeneratedToken token, float[] row)
    {
        if (request.Logits == StepLogits.Full)
        {
            return token;
        }
        (TokenLogProbability[]? top, float? own) = (null, null);
        if (request.Logits == StepLogits.TopK)
        {
            (top, own) = LogitRow.Probabilities(row, request.TopK, token.Token);
        }
        return token with { Logits = null, TopK = top, LogProbability = own };
    }
}
