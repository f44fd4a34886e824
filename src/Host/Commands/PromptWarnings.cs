using Engine.Generation;

namespace Engine.Host.Commands;

/// <summary>Warnings about the user's prompt, as lines on standard error; the rest of the log is for <c>--verbose</c>.</summary>
internal sealed class PromptWarnings(TextWriter error) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && eventId.Name == PromptReader.DoubledStart.Name)
        {
            error.WriteLine($"Warning: {formatter(state, exception)}");
        }
    }

    public void Dispose()
    {
        // Standard error is not this class's own.
    }
}
