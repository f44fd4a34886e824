using Microsoft.Extensions.Logging;

namespace Engine.Remote.Isolation;

/// <summary>The log of a child process: lines for its parent, which writes them to its own.</summary>
internal sealed class ChildLog(TextWriter output) : ILoggerProvider
{
    private readonly Lock _lock = new();
    private volatile bool _isSilent;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>Stops logging: failures from here on are part of the shutdown.</summary>
    public void Silence() => _isSilent = true;

    public void Say(ChildLine line)
    {
        if (_isSilent)
        {
            return;
        }
        lock (_lock)
        {
            try
            {
                output.WriteLine(line.ToText());
                output.Flush();
            }
            catch (IOException)
            {
                // The parent has gone: this process will end, too.
            }
        }
    }

    public void Dispose()
    {
        // Standard error stays open for the lifetime of the process.
    }

    private sealed class Logger(ChildLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string message = formatter(state, exception);
            log.Say(new ChildLine { Level = logLevel, Category = category, Message = exception is null ? message : $"{message}\n{exception}" });
        }
    }
}
