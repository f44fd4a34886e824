using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Runtime;

/// <summary>The last lines that native code logged on one thread while this was listening.</summary>
internal sealed class NativeLogListener(NativeLogListener? previous, Action<string>? observe = null) : IDisposable
{
    private const int Kept = 1000;

    private readonly Queue<(ggml_log_level Level, string Line)> _lines = new();

    /// <summary>The lines, oldest first.</summary>
    public IReadOnlyList<string> Lines => [.. _lines.Select(l => l.Line)];

    /// <summary>Whether an error was logged.</summary>
    public bool HasErrors => _lines.Any(l => l.Level == ggml_log_level.ERROR);

    /// <summary>Why something failed: the errors, or else the warnings, in one line; empty if nothing was logged.</summary>
    public string Reason
    {
        get
        {
            var errors = _lines.Where(l => l.Level == ggml_log_level.ERROR).Select(l => l.Line).ToList();
            return string.Join("; ", errors.Count > 0 ? errors : _lines.Where(l => l.Level == ggml_log_level.WARN).Select(l => l.Line));
        }
    }

    /// <summary>Adds a line.</summary>
    public void Add(ggml_log_level level, string line)
    {
        if (_lines.Count == Kept)
        {
            _lines.Dequeue();
        }
        _lines.Enqueue((level, line));
        observe?.Invoke(line);
    }

    /// <inheritdoc/>
    public void Dispose() => NativeLog.Restore(previous);
}
