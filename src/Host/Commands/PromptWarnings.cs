using Engine.Generation;
using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Host.Commands;

/// <summary>Warnings about the prompt, the context, adapters and the file's sampling, each shown once on standard error; the rest of the
/// log is for <c>--verbose</c>.</summary>
internal sealed class PromptWarnings(TextWriter error) : ILoggerProvider, ILogger
{
    private static readonly HashSet<string?> Shown =
        [PromptReader.DoubledStart.Name, PromptReader.BeyondTraining.Name, FileTokenizer.SplitOtherwise.Name,
        SamplingNotices.FileSampling.Name, SamplingNotices.IgnoredSampling.Name,
        GgufAdapter.UnusedVectors.Name];

    private readonly HashSet<string> _said = [];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || !Shown.Contains(eventId.Name))
        {
            return;
        }
        string said = formatter(state, exception);
        lock (_said)
        {
            if (_said.Add(said)) // a second model may repeat it
            {
                error.WriteLine($"{(logLevel == LogLevel.Information ? "Note" : "Warning")}: {said}");
            }
        }
    }

    public void Dispose()
    {
        // Standard error does not belong to this class.
    }
}
