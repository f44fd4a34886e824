using Microsoft.Extensions.Logging;

namespace Engine.Api.Service;

/// <summary>Log messages of a stopping server. No text of a request or an answer is in it.</summary>
internal static partial class ServiceLog
{
    [LoggerMessage(1, LogLevel.Information, "Stopping: {Requests} left, with {Seconds} s to end")]
    public static partial void DrainBegins(this ILogger logger, string requests, int seconds);

    [LoggerMessage(2, LogLevel.Information, "Stopping: {Requests} left, with {Seconds:0} s to end")]
    public static partial void DrainGoesOn(this ILogger logger, string requests, double seconds);

    [LoggerMessage(3, LogLevel.Information, "Stopping: all requests have ended")]
    public static partial void Drained(this ILogger logger);

    [LoggerMessage(4, LogLevel.Warning, "Stopping: {Requests} left after {Seconds} s, ended now")]
    public static partial void DrainTimedOut(this ILogger logger, string requests, int seconds);
}
