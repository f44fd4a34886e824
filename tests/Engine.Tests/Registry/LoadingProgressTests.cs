using Engine.Registry;
using Microsoft.Extensions.Logging;

namespace Engine.Tests.Registry;

public sealed class LoadingProgressTests
{
    private readonly Lines _log = new();
    private readonly Clock _clock = new();

    [Fact]
    public void A_fast_loading_is_not_reported()
    {
        var progress = new LoadingProgress("small", _log, _clock);
        foreach (float part in (float[])[0.1f, 0.5f, 0.9f, 1])
        {
            progress.Report(part);
        }
        Assert.Empty(_log.Written);
    }

    [Fact]
    public void A_long_loading_is_reported_every_few_seconds()
    {
        var progress = new LoadingProgress("large", _log, _clock);
        for (int second = 1; second <= 10; second++)
        {
            _clock.Seconds = second;
            progress.Report(second / 10f);
        }
        Assert.Equal(["Loading the model 'large': 30 %", "Loading the model 'large': 60 %", "Loading the model 'large': 90 %"], _log.Written);
    }

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
