using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Engine.LlamaCpp.Interop;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.LlamaCpp.Runtime;

/// <summary>
/// Receives llama.cpp's and ggml's log, assembles its fragments into lines, passes them to the logger, and keeps the last
/// ones for a listener on the same thread. Because llama.cpp is verbose, its warnings and information are logged one
/// level lower.
/// </summary>
internal static unsafe partial class NativeLog
{
    private static volatile ILogger _logger = NullLogger.Instance;

    [ThreadStatic]
    private static StringBuilder? _line;

    [ThreadStatic]
    private static ggml_log_level _level;

    [ThreadStatic]
    private static NativeLogListener? _listener;

    /// <summary>The logger that receives the lines of all threads.</summary>
    public static void RouteTo(ILogger logger) => _logger = logger;

    /// <summary>Makes llama.cpp log here. The library must be loaded.</summary>
    public static void Attach() => Llama.llama_log_set(&Receive, 0);

    /// <summary>Keeps what this thread's native calls log until the listener is disposed.</summary>
    /// <param name="observe">Sees each line at once, on this thread, inside the call that logs it; must not throw.</param>
    public static NativeLogListener Listen(Action<string>? observe = null) => _listener = new NativeLogListener(_listener, observe);

    /// <summary>Restores the previous listener.</summary>
    public static void Restore(NativeLogListener? previous) => _listener = previous;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Receive(ggml_log_level level, byte* text, nint userData)
    {
        try
        {
            Append(level, MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
        }
        catch (Exception)
        {
            // An exception that leaves a callback ends the process, so a logger that throws is not used again.
            _logger = NullLogger.Instance;
        }
    }

    private static void Append(ggml_log_level level, ReadOnlySpan<byte> text)
    {
        var line = _line ??= new StringBuilder();
        if (level != ggml_log_level.CONT)
        {
            _level = level;
        }
        var parts = Encoding.UTF8.GetString(text).Split('\n');
        foreach (var part in parts[..^1])
        {
            var whole = line.Append(part).ToString().Trim();
            line.Clear();
            Write(_level, whole);
        }
        line.Append(parts[^1]);
    }

    private static void Write(ggml_log_level level, string line)
    {
        if (line.Length == 0)
        {
            return;
        }
        _listener?.Add(level, line);
        LogLine(
            _logger,
            level switch
            {
                // With a listener, the error becomes part of an exception's message and need not be printed twice.
                ggml_log_level.ERROR => _listener is null ? LogLevel.Error : LogLevel.Debug,
                ggml_log_level.WARN => LogLevel.Information,
                ggml_log_level.INFO => LogLevel.Debug,
                _ => LogLevel.Trace,
            },
            line);
    }

    [LoggerMessage(EventId = 2, Message = "{Line}")]
    private static partial void LogLine(ILogger logger, LogLevel level, string line);
}
