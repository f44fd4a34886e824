using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Engine.Remote;
using Engine.Remote.Isolation;
using Microsoft.Extensions.Logging;

namespace Engine.Host.Tests.Isolation;

/// <summary>Models in processes of the real program, and its log.</summary>
internal sealed partial class IsolatedModels : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, string Text)> _log = [];

    /// <summary>Shorter intervals than the program's, to keep tests fast, but long enough that a child on a busy machine is not taken for a hanging one.</summary>
    public static Supervision Quickly { get; } = new() { Pulse = TimeSpan.FromMilliseconds(200), Hang = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromMilliseconds(20) };

    public static ChildProgram Program { get; } = new(EngineProcess.Path, [EngineChild.Argument]);

    public IReadOnlyCollection<(string Category, LogLevel Level, string Text)> Log => _log;

    public Task<IModel> LoadAsync(ModelOptions options, Supervision? rules = null, ChildProgram? program = null) =>
        new ProcessBackend(program ?? Program, LoggerFactory.Create(logging => logging.AddProvider(this).SetMinimumLevel(LogLevel.Trace)), rules ?? Quickly).LoadAsync(options).AsTask();

    /// <summary>The process that was started last.</summary>
    public int Process => Processes()[^1];

    /// <summary>All that were started.</summary>
    public IReadOnlyList<int> Processes() => ProcessesIn(string.Join('\n', _log.Select(entry => entry.Text)));

    /// <summary>Those that a log names.</summary>
    public static IReadOnlyList<int> ProcessesIn(string log) => [.. Started.Matches(log).Select(match => int.Parse(match.Groups[1].ValueSpan))];

    public static void Send(int process, int signal)
    {
        using Process target = System.Diagnostics.Process.GetProcessById(process);
        Signal.Send(target, signal);
    }

    public static async Task<bool> EndsAsync(int process)
    {
        try
        {
            using Process child = System.Diagnostics.Process.GetProcessById(process);
            await child.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            return true;
        }
        catch (ArgumentException)
        {
            return true; // it has gone already
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(_log, categoryName);

    public void Dispose()
    {
        // Nothing but memory.
    }

    [GeneratedRegex(@"in the process (\d+)")]
    private static partial Regex Started { get; }

    private sealed class Logger(ConcurrentQueue<(string, LogLevel, string)> log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue((category, logLevel, formatter(state, exception)));
    }
}
