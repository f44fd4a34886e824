using System.Globalization;
using System.Numerics.Tensors;
using Engine.Parity;
using Engine.Sampling;

namespace Engine.Shadow;

/// <summary>Compares the largest logits of every step with the oracle's rows.</summary>
/// <param name="tolerance">What a single logit is held to.</param>
internal sealed class LargestComparison(Tolerance tolerance)
{
    // The limit for a single number is in units of the RMS of its row, except with the absolute metric.
    private readonly bool _isAbsolute = tolerance.Metric == ParityMetric.MaxAbsDiff;
    private readonly double? _limit = tolerance.Metric == ParityMetric.Nmse ? tolerance.LogitLimit : tolerance.RowLimit;
    private int _steps;
    private int _same;

    /// <summary>max |a − b|.</summary>
    public double MaxAbsolute { get; private set; }

    /// <summary>The share of steps in which both have the same most probable token.</summary>
    public double? TopOne => _steps == 0 ? null : (double)_same / _steps;

    /// <summary>The first logit that is too far away, in a sentence; null for none.</summary>
    public string? Fault { get; private set; }

    /// <summary>Adds a step.</summary>
    /// <param name="position">Its position.</param>
    /// <param name="largest">The model's largest logits.</param>
    /// <param name="row">The oracle's row (V).</param>
    public void Add(int position, IReadOnlyList<(int Token, float Logit)> largest, ReadOnlySpan<float> row)
    {
        _steps++;
        _same += LogitRow.ArgMax(row) == largest[0].Token ? 1 : 0;
        double unit = _isAbsolute ? 1 : Math.Sqrt((double)TensorPrimitives.SumOfSquares(row) / row.Length);
        foreach ((int token, float logit) in largest)
        {
            double difference = Math.Abs((double)logit - row[token]);
            MaxAbsolute = Math.Max(MaxAbsolute, difference);
            if (Fault is null && _limit is { } limit && !(difference / unit <= limit))
            {
                Fault = string.Create(CultureInfo.InvariantCulture,
                    $"a logit of position {position} is off by {Judgement.Number(difference / unit)}{(_isAbsolute ? "" : " times the RMS of its row")}, above {Judgement.Number(limit)}");
            }
        }
    }
}
