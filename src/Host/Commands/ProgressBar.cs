using System.Diagnostics;

namespace Engine.Host.Commands;

/// <summary>A bar on standard error during long work; nothing if standard error is not a terminal.</summary>
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
        // Work that takes only a moment needs no bar.
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
            string number = $"{percent,3} %";
            StandardError.Instance.ShowProgress(
                $"{label} [{Bar(percent, Cells)}] {number}", $"{label} [{Bar(percent, Cells / 2)}] {number}", $"{label} {number}", $"{label.Split(' ')[0]} {number}", number);
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
                StandardError.Instance.ClearProgress();
            }
        }
    }

    /// <summary>The inside of the bar.</summary>
    public static string Bar(int percent, int cells)
    {
        int filled = percent * cells / 100;
        return new string('#', filled) + new string('.', cells - filled);
    }
}
