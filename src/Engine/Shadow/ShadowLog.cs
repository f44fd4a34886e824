using Microsoft.Extensions.Logging;

namespace Engine.Shadow;

/// <summary>Log messages of the checks. No text of a request or an answer is in it.</summary>
internal static partial class ShadowLog
{
    [LoggerMessage(1, LogLevel.Error, "The answers of the model '{Model}' are not checked, because the oracle '{Oracle}' cannot be used; it is retried from time to time: {Reason}")]
    public static partial void OracleIsGone(this ILogger logger, string model, string oracle, string reason);

    [LoggerMessage(2, LogLevel.Information, "The oracle '{Oracle}' can be used again, and checks the answers of the model '{Model}'")]
    public static partial void OracleIsBack(this ILogger logger, string oracle, string model);

    [LoggerMessage(3, LogLevel.Error, "The answers of the model '{Model}' are not right, the latest that of the request {RequestId}: {Reason}")]
    public static partial void AlarmBegan(this ILogger logger, string model, string requestId, string reason);

    [LoggerMessage(4, LogLevel.Error, "The model '{Model}' was compared op by op on the ids of the request {RequestId}: {Op}")]
    public static partial void OpFound(this ILogger logger, string model, string requestId, string op);

    [LoggerMessage(5, LogLevel.Information, "The alarm of the model '{Model}' has ended: {Reason}")]
    public static partial void AlarmEnded(this ILogger logger, string model, string reason);

    [LoggerMessage(6, LogLevel.Warning, "An answer of the model '{Model}', that of the request {RequestId}, could not be checked: {Reason}")]
    public static partial void NotJudged(this ILogger logger, string model, string requestId, string reason);

    [LoggerMessage(9, LogLevel.Information, "An answer of the model '{Model}', that of the request {RequestId}, was not compared op by op: {Reason}")]
    public static partial void NotLookedInside(this ILogger logger, string model, string requestId, string reason);

    [LoggerMessage(7, LogLevel.Error, "{Sink} did not take the record of a check: {Reason}")]
    public static partial void SinkFailed(this ILogger logger, string sink, string reason);

    [LoggerMessage(8, LogLevel.Error, "The alarm of the model '{Model}' could not be sent to {Address}: {Reason}")]
    public static partial void WebhookFailed(this ILogger logger, string model, string address, string reason);
}
