using Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace Engine.Remote.Isolation;

/// <summary>Reads what a child process writes: its log goes to its parent's, under the same categories.</summary>
internal sealed class ChildOutput(ILoggerFactory loggers, IProgress<float>? progress, ReportedBatch batch)
{
    /// <summary>The number of native output lines that are kept: the last ones often say why a process ended.</summary>
    private const int MaxLines = 3;

    private const int MaxCharacters = 300;

    private readonly TaskCompletionSource _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger _logger = loggers.CreateLogger<ChildProcess>();
    private readonly Queue<string> _last = [];

    /// <summary>Completed when it listens.</summary>
    public Task Listens => _listens.Task;

    /// <summary>The last output that is not a log entry.</summary>
    public string LastWords
    {
        get
        {
            lock (_last)
            {
                string text = string.Join(" ", _last.Select(line => line.Trim())).Trim();
                return text.Length <= MaxCharacters ? text : "…" + text[^MaxCharacters..];
            }
        }
    }

    /// <summary>Takes a line; null at the end.</summary>
    public void Read(string? text)
    {
        if (text is null)
        {
            return;
        }
        switch (ChildLine.Parse(text))
        {
            case { Listens: true }:
                _listens.TrySetResult();
                break;
            case { Loaded: { } part }:
                progress?.Report(part);
                break;
            case { Batch: { } report }:
                batch.Take(report);
                break;
            case { Category: { } category } entry:
                loggers.CreateLogger(category).FromProcess(entry.Level, entry.Message);
                break;
            default:
                Keep(text);
                break;
        }
    }

    private void Keep(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return;
        }
        lock (_last)
        {
            _last.Enqueue(text);
            if (_last.Count > MaxLines)
            {
                _last.Dequeue();
            }
        }
        _logger.NativeLine(text);
    }
}
