using Engine.Parity;
using Engine.Shadow;
using Microsoft.Extensions.Logging;

namespace Engine.Tests.Shadow;

public sealed class LoggingShadowSinkTests : ILogger<LoggingShadowSink>
{
    private readonly List<(LogLevel Level, string Text, Dictionary<string, object?> Values)> _log = [];

    [Theory]
    [InlineData(ParityVerdict.Pass, LogLevel.Debug, "passed")]
    [InlineData(ParityVerdict.Fail, LogLevel.Warning, "failed")]
    public async Task A_failure_is_a_warning_with_its_numbers_as_values_and_without_ids_and_text(ParityVerdict verdict, LogLevel level, string word)
    {
        await new LoggingShadowSink(this).WriteAsync(
            new ShadowRecord
            {
                Time = DateTimeOffset.UnixEpoch,
                RequestId = "r1",
                Model = "story",
                Oracle = "reference",
                Numerics = Numerics.Production,
                Positions = 12,
                FullRows = 4,
                Kl = 0.25,
                TopOne = 0.5,
                Nmse = null,
                MaxAbsolute = 3,
                Verdict = verdict,
                Tolerance = new Tolerance { Metric = ParityMetric.Nmse, Limit = 0.01, RowLimit = 0.1, Reason = "for tests" },
                ToleranceSource = ToleranceSource.Formula,
                Reason = "because",
                PromptIds = [77777],
                AnswerText = "secret",
            },
            default);
        (LogLevel logged, string text, Dictionary<string, object?> values) = Assert.Single(_log);
        Assert.Equal(level, logged);
        Assert.Contains(word, text, StringComparison.Ordinal);
        Assert.Equal(
            ("story", "r1", 12, 0.25, 0.5, null, 0.01, "because"),
            (values["Model"], values["RequestId"], values["Positions"], values["Kl"], values["TopOne"], values["Nmse"], values["Limit"], values["Reason"]));
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("77777", text, StringComparison.Ordinal);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _log.Add(
        (logLevel, formatter(state, exception), ((IReadOnlyList<KeyValuePair<string, object?>>)state!).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase)));
}
