using System.Diagnostics;

namespace Engine.Benchmarks.Measurements;

/// <summary>Tokens per second of the reference and of llama.cpp in runs that took turns, so that other load on the machine affected both equally.</summary>
internal sealed record Pairs(double Reference, double Llama, double Ratio)
{
    /// <summary>Medians of runs, each of which gives the tokens it evaluated; the first of either side warms up.</summary>
    public static Pairs Measure(int pairs, IBareModel reference, IBareModel llama, Func<IBareModel, int, Speed> run)
    {
        run(reference, -2);
        run(llama, -1);
        var runs = new List<(double Reference, double Llama)>();
        for (int i = 0; i < pairs; i++)
        {
            runs.Add((run(reference, i).TokensPerSecond, run(llama, i).TokensPerSecond));
        }
        return new(Median(runs.Select(r => r.Reference)), Median(runs.Select(r => r.Llama)), Median(runs.Select(r => r.Reference / r.Llama)));
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Tokens over the time since a timestamp.</summary>
    public static Speed Since(long begin, int tokens) => new(tokens / Stopwatch.GetElapsedTime(begin).TotalSeconds);

    public readonly record struct Speed(double TokensPerSecond);
}
