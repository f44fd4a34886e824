using Microsoft.Extensions.Logging;

namespace Engine.Remote.Isolation;

/// <summary>Log messages about models in their own processes. No text of a request or an answer is in it.</summary>
internal static partial class IsolationLog
{
    [LoggerMessage(1, LogLevel.Information, "Loading {Path} with {Backend} ({Reason}) in the process {Process}")]
    public static partial void LoadingHere(this ILogger logger, string path, string backend, string reason, int process);

    [LoggerMessage(2, LogLevel.Warning, "The process of {Model} is gone: {Reason}. It is started again in {Pause:0.0} s (quick deaths: {Quick} of {Most})")]
    public static partial void ProcessGone(this ILogger logger, string model, string reason, double pause, int quick, int most);

    [LoggerMessage(3, LogLevel.Error, "{Failure}")]
    public static partial void GivenUp(this ILogger logger, string failure);

    [LoggerMessage(4, LogLevel.Warning, "{Line}")]
    public static partial void NativeLine(this ILogger logger, string line);

    [LoggerMessage(EventId = 5, Message = "{Message}")]
    public static partial void FromProcess(this ILogger logger, LogLevel level, string? message);
}
