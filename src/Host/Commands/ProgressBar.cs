using System.Diagnostics;

namespace Engine.Host.Commands;

/// <summary>A bar on standard error during long work; nothing where standard error is no terminal.</summary>
internal sealed class ProgressBar(string label) : IProgress<float>, IDisposable
{
    private const int Cells = 24;
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(300);

    private readonly Lock _lock = new();
    private readonly long _begin = Stopwatch.GetTimestamp();
    private int _shown = -1;
    private bool _done;

    public void Report(float value)
    {
        int percent = (int)(Math.Clamp(value, 0, 1) * 100);
        // What is done in a moment needs no bar.
        if (Console.IsErrorRedirected || Stopwatch.GetElapsedTime(_begin) < Quick)
        {
            return;
        }
        lock (_lock)
        {
            if (_done || percent == _shown)
            {
                return;
            }
            _shown = percent;
            int filled = percent * Cells / 100;
            Console.Error.Write($"\r{label} [{new string('#', filled)}{new string('.', Cells - filled)}] {percent,3} %");
        }
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _done = true;
            if (_shown >= 0)
            {
                Console.Error.Write($"\r{new string(' ', label.Length + Cells + 9)}\r");
            }
        }
    }
}
