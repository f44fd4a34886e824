using Engine.Generation;

namespace Engine.Host.Commands;

/// <summary>What a user should know of the prompt and of the file's sampling, each once, as lines on standard error; the rest of the
/// log is for <c>--verbose</c>.</summary>
internal sealed class PromptWarnings(TextWriter error) : ILoggerProvider, ILogger
{
    private static readonly HashSet<string?> Shown =
        [PromptReader.DoubledStart.Name, SamplingNotices.FileSampling.Name, SamplingNotices.IgnoredSampling.Name];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && Shown.Contains(eventId.Name))
        {
            error.WriteLine($"{(logLevel == LogLevel.Information ? "Note" : "Warning")}: {formatter(state, exception)}");
        }
    }

    public void Dispose()
    {
        // Standard error is not this class's own.
    }
}
