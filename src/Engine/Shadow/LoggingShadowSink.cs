using Engine.Parity;
using Microsoft.Extensions.Logging;

namespace Engine.Shadow;

/// <summary>Writes each record to the log, its numbers as named values: a failure as a warning, a pass at debug level. It logs no ids and no text.</summary>
/// <param name="logger">Any log.</param>
internal sealed partial class LoggingShadowSink(ILogger<LoggingShadowSink> logger) : IShadowSink
{
    public ValueTask WriteAsync(ShadowRecord record, CancellationToken cancellationToken)
    {
        if (record.Verdict == ParityVerdict.Pass)
        {
            LogPass(record.Model, record.RequestId, record.Oracle, record.Positions, record.FullRows, record.Kl, record.TopOne, record.Nmse, record.MaxAbsolute,
                record.Tolerance.Limit, record.ToleranceSource, record.Reason);
        }
        else
        {
            LogFail(record.Model, record.RequestId, record.Oracle, record.Positions, record.FullRows, record.Kl, record.TopOne, record.Nmse, record.MaxAbsolute,
                record.Tolerance.Limit, record.ToleranceSource, record.Reason);
        }
        return ValueTask.CompletedTask;
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "The answer of {Model} to request {RequestId} passed the check by {Oracle} over {Positions} positions, {FullRows} of them in full: "
        + "KL {Kl}, same top-1 {TopOne}, NMSE {Nmse}, max |Δ| {MaxAbsolute}; the limit is {Limit} ({ToleranceSource}): {Reason}")]
    private partial void LogPass(string model, string requestId, string oracle, int positions, int fullRows, double? kl, double? topOne, double? nmse, double? maxAbsolute,
        double limit, ToleranceSource toleranceSource, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "The answer of {Model} to request {RequestId} failed the check by {Oracle} over {Positions} positions, {FullRows} of them in full: "
        + "KL {Kl}, same top-1 {TopOne}, NMSE {Nmse}, max |Δ| {MaxAbsolute}; the limit is {Limit} ({ToleranceSource}): {Reason}")]
    private partial void LogFail(string model, string requestId, string oracle, int positions, int fullRows, double? kl, double? topOne, double? nmse, double? maxAbsolute,
        double limit, ToleranceSource toleranceSource, string reason);
}
