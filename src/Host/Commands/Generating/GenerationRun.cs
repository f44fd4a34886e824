using System.Text;
using System.Text.Json;
using Engine.Parity;
using Engine.Sampling;

namespace Engine.Host.Commands.Generating;

/// <summary>A generation from its first token to its end, or to the moment it was cancelled.</summary>
internal sealed class GenerationRun
{
    private readonly GenerationTiming _timing = new();
    private readonly StringBuilder _text = new();
    private readonly List<GeneratedToken> _steps = [];

    public IReadOnlyList<GeneratedToken> Steps => _steps;

    public bool IsCancelled { get; private set; }

    /// <summary>Whether the answer ended because the context was full.</summary>
    public bool IsContextFull => !IsCancelled && _steps is [.., { FinishReason: FinishReason.ContextFull }];

    public static async Task<GenerationRun> RunAsync(IModel model, GenerateRequest request, AnswerStream? stream, CancellationToken cancellationToken)
    {
        var generation = new GenerationRun();
        try
        {
            await foreach (GeneratedToken token in model.GenerateAsync(request, cancellationToken).ConfigureAwait(false))
            {
                generation._timing.Mark(token);
                generation._steps.Add(token);
                generation._text.Append(token.Text);
                stream?.Write(token.Text);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            generation.IsCancelled = true;
        }
        return generation;
    }

    public GenerateReport Report(ModelCard card, SamplingOptions sampling, ParityReport? verdict) => new()
    {
        Text = _text.ToString(),
        Tokens = [.. _steps.Select(step => step.Token)],
        FinishReason = IsCancelled ? "cancelled" : JsonNamingPolicy.SnakeCaseLower.ConvertName(_steps[^1].FinishReason!.Value.ToString()),
        PromptTokens = _timing.PromptTokens,
        PrefillTokensPerSecond = _timing.PrefillTokensPerSecond,
        DecodeTokensPerSecond = _timing.DecodeTokensPerSecond,
        Model = card.Name,
        Backend = card.Backend,
        Device = card.Device,
        Seed = SamplingSettings.Of(sampling, card.Sampling).IsGreedy ? null : sampling.Seed,
        Validate = verdict,
    };
}
