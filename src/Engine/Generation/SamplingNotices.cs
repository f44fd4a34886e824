using System.Globalization;
using Engine.Sampling;
using Microsoft.Extensions.Logging;

namespace Engine.Generation;

/// <summary>Logs, once per model when it first generates, how its file affects sampling; and once, when a request
/// sets an option that none of its samplers reads.</summary>
/// <param name="card">What is loaded.</param>
/// <param name="ignored">A message for each value of the file that is not used.</param>
/// <param name="logger">Receives the messages.</param>
internal sealed class SamplingNotices(ModelCard card, IReadOnlyList<string> ignored, ILogger? logger)
{
    /// <summary>The event of a file that has sampling defaults or suppresses tokens.</summary>
    public static readonly EventId FileSampling = new(3, nameof(FileSampling));

    /// <summary>The event of a value in the file that is not used.</summary>
    public static readonly EventId IgnoredSampling = new(4, nameof(IgnoredSampling));

    private int _said;
    private int _saidUnread;

    public void Say(SamplingOptions asked)
    {
        if (logger is null)
        {
            return;
        }
        if (Interlocked.Exchange(ref _said, 1) == 0)
        {
            SayOfFile(logger);
        }
        if (_saidUnread == 0 && Unread(asked) is { } sentence && Interlocked.Exchange(ref _saidUnread, 1) == 0)
        {
            logger.IgnoredSampling(card.Name, sentence);
        }
    }

    private void SayOfFile(ILogger logger)
    {
        foreach (string sentence in ignored)
        {
            logger.IgnoredSampling(card.Name, sentence);
        }
        if (card.Sampling != new SamplingOptions())
        {
            logger.FileSampling(card.Name, $"sampling options that a request leaves out are taken from the file: {Describe(card.Sampling)}.");
        }
        if (card.SuppressedTokens.Count > 0)
        {
            logger.FileSampling(card.Name, $"its file suppresses {card.SuppressedTokens.Count} of {card.VocabularySize} tokens; they are never drawn.");
        }
    }

    private static string Describe(SamplingOptions options)
    {
        (string Name, object? Value)[] values =
        [
            .. OfSamplers(options).Select(option => (option.Name, option.Value)), ("XTC threshold", options.XtcThreshold),
            ("penalty window", options.PenaltyWindow), ("Mirostat", options.Mirostat), ("Mirostat's tau", options.MirostatTau), ("Mirostat's eta", options.MirostatEta),
            ("samplers", options.Samplers == "" ? "none" : options.Samplers),
        ];
        return string.Join(", ", values.Where(value => value.Value is not null).Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Name} {value.Value}")));
    }

    /// <summary>A message about options of a request that have no effect because their samplers do not run.</summary>
    private string? Unread(SamplingOptions asked)
    {
        SamplingSettings settings = SamplingSettings.Of(asked, card.Sampling);
        bool mirostat = settings.Mirostat != 0;
        Sampler[] running = mirostat ? [Sampler.Temperature] : SamplerNames.Parse(settings.Samplers);
        // Values that the file or the engine would have set anyway do not count as the user's, and options that are off have no effect to miss.
        string[] unread =
        [
            .. OfSamplers(asked).Zip(OfSamplers(card.Sampling), OfSamplers(SamplingOptions.Default))
                .Where(option => !running.Contains(option.First.Sampler) && option.First.Value is { } value && !value.Equals(option.First.Off)
                    && !value.Equals(option.Second.Value) && !value.Equals(option.Third.Value))
                .Select(option => option.First.Name),
        ];
        return unread.Length == 0 ? null
            : $"{string.Join(", ", unread)} {(unread.Length == 1 ? "has" : "have")} no effect: "
                + (mirostat ? $"Mirostat {settings.Mirostat} chooses, after only the temperature."
                    : $"the samplers that run are {(settings.Samplers == "" ? "none" : settings.Samplers)}.");
    }

    /// <summary>The options that a sampler reads, with the value that turns it off.</summary>
    private static (string Name, Sampler Sampler, object? Value, object Off)[] OfSamplers(SamplingOptions options) =>
    [
        ("temperature", Sampler.Temperature, options.Temperature, 1f), ("top-k", Sampler.TopK, options.TopK, 0), ("top-p", Sampler.TopP, options.TopP, 1f),
        ("min-p", Sampler.MinP, options.MinP, 0f), ("XTC probability", Sampler.Xtc, options.XtcProbability, 0f),
        ("repetition penalty", Sampler.Penalties, options.RepetitionPenalty, 1f), ("frequency penalty", Sampler.Penalties, options.FrequencyPenalty, 0f),
        ("presence penalty", Sampler.Penalties, options.PresencePenalty, 0f),
    ];
}
