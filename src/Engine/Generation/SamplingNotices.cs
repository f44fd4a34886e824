using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Engine.Generation;

/// <summary>Says, once per model and when it first generates, what its file has to do with the choice of tokens.</summary>
/// <param name="card">What is loaded.</param>
/// <param name="ignored">A sentence for each value of the file that is not used.</param>
/// <param name="logger">Receives the sentences.</param>
internal sealed class SamplingNotices(ModelCard card, IReadOnlyList<string> ignored, ILogger? logger)
{
    /// <summary>The event of a file that has sampling defaults or suppresses tokens.</summary>
    public static readonly EventId FileSampling = new(3, nameof(FileSampling));

    /// <summary>The event of a value in the file that is not used.</summary>
    public static readonly EventId IgnoredSampling = new(4, nameof(IgnoredSampling));

    private int _said;

    public void Say()
    {
        if (logger is null || Interlocked.Exchange(ref _said, 1) != 0)
        {
            return;
        }
        foreach (string sentence in ignored)
        {
            logger.Log(LogLevel.Warning, IgnoredSampling, "{Model}: {Sentence}", card.Name, sentence);
        }
        if (card.Sampling != new SamplingOptions())
        {
            logger.Log(LogLevel.Information, FileSampling, "{Model}: where a request says nothing, sampling is its file's: {Defaults}.", card.Name, Describe(card.Sampling));
        }
        if (card.SuppressedTokens.Count > 0)
        {
            logger.Log(LogLevel.Information, FileSampling, "{Model}: its file suppresses {Count} of {Vocabulary} tokens; they are never drawn.", card.Name, card.SuppressedTokens.Count, card.VocabularySize);
        }
    }

    private static string Describe(SamplingOptions options)
    {
        (string Name, IFormattable? Value)[] values =
        [
            ("temperature", options.Temperature), ("top-k", options.TopK), ("top-p", options.TopP), ("min-p", options.MinP),
            ("repetition penalty", options.RepetitionPenalty), ("frequency penalty", options.FrequencyPenalty),
            ("presence penalty", options.PresencePenalty), ("penalty window", options.PenaltyWindow),
        ];
        return string.Join(", ", values.Where(value => value.Value is not null).Select(value => $"{value.Name} {value.Value!.ToString(null, CultureInfo.InvariantCulture)}"));
    }
}
