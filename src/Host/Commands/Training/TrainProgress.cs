using System.Diagnostics;
using System.Globalization;
using ReferenceModels.Training;

namespace Engine.Host.Commands.Training;

/// <summary>A line on standard error with how far the run is, its loss and its speed; nothing where standard error is no terminal.</summary>
internal sealed class TrainProgress(int steps) : IProgress<TrainingStep>, IDisposable
{
    private const int Cells = 20;
    private const double Smoothing = 0.9;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _shownAt;
    private int _width;
    private double _loss = double.NaN;

    /// <summary>Tokens of the steps reported.</summary>
    public long Tokens { get; private set; }

    public double Seconds => Stopwatch.GetElapsedTime(_begin).TotalSeconds;

    public void Report(TrainingStep value)
    {
        Tokens += value.Tokens;
        _loss = double.IsNaN(_loss) ? value.Loss : Smoothing * _loss + (1 - Smoothing) * value.Loss;
        if (Console.IsErrorRedirected || (_shownAt != 0 && value.Step < steps && Stopwatch.GetElapsedTime(_shownAt) < Interval))
        {
            return;
        }
        _shownAt = Stopwatch.GetTimestamp();
        int filled = (int)((long)value.Step * Cells / steps);
        string line = string.Create(CultureInfo.InvariantCulture,
            $"Training [{new string('#', filled)}{new string('.', Cells - filled)}] {value.Step}/{steps}  loss {_loss:F4}  {Tokens / Seconds:N0} tokens/s");
        Console.Error.Write($"\r{line.PadRight(_width)}");
        _width = line.Length;
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        if (_width > 0)
        {
            Console.Error.Write($"\r{new string(' ', _width)}\r");
            _width = 0;
        }
    }
}
