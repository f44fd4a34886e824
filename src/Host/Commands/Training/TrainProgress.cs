using System.Diagnostics;
using System.Globalization;
using ReferenceModels.Training;

namespace Engine.Host.Commands.Training;

/// <summary>A line on standard error with the run's progress, loss and speed; nothing if standard error is not a terminal.</summary>
internal sealed class TrainProgress(int steps) : IProgress<TrainingStep>, IDisposable
{
    private const int Cells = 20;
    private const double Smoothing = 0.9;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _shownAt;
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
        string bar = ProgressBar.Bar((int)((long)value.Step * 100 / steps), Cells), done = $"{value.Step}/{steps}";
        string loss = string.Create(CultureInfo.InvariantCulture, $"loss {_loss:F4}"), speed = string.Create(CultureInfo.InvariantCulture, $"{Tokens / Seconds:N0} tokens/s");
        StandardError.Instance.ShowProgress($"Training [{bar}] {done}  {loss}  {speed}", $"Training {done}  {loss}  {speed}", $"{done}  {loss}  {speed}", $"{done}  {loss}", done);
    }

    /// <summary>Clears the line.</summary>
    public void Dispose() => StandardError.Instance.ClearProgress();
}
