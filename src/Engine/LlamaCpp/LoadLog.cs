using Microsoft.Extensions.Logging;

namespace Engine.LlamaCpp;

/// <summary>What the log says of how a model is loaded.</summary>
internal static partial class LoadLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Model}: {Threads} threads were asked for, the machine has {Cores} cores; taking these.")]
    public static partial void FewerThreads(this ILogger logger, string model, int threads, int cores);
}
