namespace Engine.Parity;

/// <summary>How far apart two sides' results of one op are, a native, b the reference, summed up in double.</summary>
/// <param name="Nmse">Σ(a − b)² / Σb².</param>
/// <param name="MaxAbsDiff">max |a − b|.</param>
/// <param name="WorstElement">max |a − b| in units of the RMS of b over its row.</param>
/// <param name="WorstRow">The row of that entry.</param>
/// <param name="IsFinite">Whether all entries are finite, apart from −∞ where the masks of both sides put it.</param>
internal readonly record struct OpMeasure(double Nmse, double MaxAbsDiff, double WorstElement, int WorstRow, bool IsFinite)
{
    // A row much smaller than the others arises only by cancellation and has rounding errors as large as theirs. The fewer numbers
    // it has (one, for the scores of a source of one token), the more often all of them cancel.
    private const double SmallestRow = 1e-3, SmallestNumber = 0.1;

    /// <summary>Measures rows of <paramref name="width"/> entries.</summary>
    public static OpMeasure Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width)
    {
        double squaredDiff = 0, squared = 0, maxAbsDiff = 0;
        int finite = 0, broken = -1;
        for (int i = 0; i < a.Length; i++)
        {
            if (float.IsFinite(a[i]) && float.IsFinite(b[i]))
            {
                double difference = (double)a[i] - b[i];
                squaredDiff += difference * difference;
                squared += (double)b[i] * b[i];
                maxAbsDiff = Math.Max(maxAbsDiff, Math.Abs(difference));
                finite++;
            }
            else if (broken < 0 && !(float.IsNegativeInfinity(a[i]) && float.IsNegativeInfinity(b[i])))
            {
                broken = i / width;
            }
        }
        (int row, double worst) = Worst(a, b, width, Math.Max(SmallestRow, SmallestNumber / width) * Math.Sqrt(squared / Math.Max(1, finite)));
        double nmse = squaredDiff == 0 ? 0 : squaredDiff / squared;
        return new OpMeasure(nmse, maxAbsDiff, worst, broken < 0 ? row : broken, broken < 0);
    }

    private static (int Row, double Value) Worst(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, double least)
    {
        (int Row, double Value) worst = (0, 0);
        for (int start = 0; start < a.Length; start += width)
        {
            double squared = 0, largest = 0;
            int finite = 0;
            for (int i = start; i < start + width; i++)
            {
                if (float.IsFinite(a[i]) && float.IsFinite(b[i]))
                {
                    squared += (double)b[i] * b[i];
                    largest = Math.Max(largest, Math.Abs((double)a[i] - b[i]));
                    finite++;
                }
            }
            double value = largest == 0 ? 0 : largest / Math.Max(least, Math.Sqrt(squared / Math.Max(1, finite)));
            if (value > worst.Value)
            {
                worst = (start / width, value);
            }
        }
        return worst;
    }
}
