using Microsoft.Extensions.Logging;

namespace Engine.Generation;

/// <summary>What the log says of prompts and of sampling. No text of a request or an answer is in it.</summary>
internal static partial class GenerationLog
{
    [LoggerMessage(EventId = 1, Message = "Reading a prompt for {Model}: {What}", EventName = nameof(PromptReader.DoubledStart))]
    public static partial void DoubledStart(this ILogger logger, LogLevel level, string model, string what);

    [LoggerMessage(2, LogLevel.Warning, "{Model} was trained for {Trained} tokens, but its context has {Context}: text after {Trained} tokens may make no sense.", EventName = nameof(PromptReader.BeyondTraining))]
    public static partial void BeyondTraining(this ILogger logger, string model, int trained, int context);

    [LoggerMessage(3, LogLevel.Information, "{Model}: {Sentence}", EventName = nameof(SamplingNotices.FileSampling))]
    public static partial void FileSampling(this ILogger logger, string model, string sentence);

    [LoggerMessage(4, LogLevel.Warning, "{Model}: {Sentence}", EventName = nameof(SamplingNotices.IgnoredSampling))]
    public static partial void IgnoredSampling(this ILogger logger, string model, string sentence);
}
