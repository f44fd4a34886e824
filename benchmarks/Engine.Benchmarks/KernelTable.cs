using System.Diagnostics;
using ReferenceModels.Ops;
using ReferenceModels.Quantization;

namespace Engine.Benchmarks;

/// <summary>Throughput of the product with one weight, by format: bytes of the weight per second for one token,
/// floating-point operations per second for many. The best of several runs counts.</summary>
internal static class KernelTable
{
    private const int Rows = 8192;
    private const int Columns = 2048;
    private const int Runs = 20;

    public static void Print(string? only)
    {
        using var all = new Workers(0);
        using var one = new Workers(1);
        Console.WriteLine($"weight ({Rows}, {Columns}); 1 token: GB/s of 1 thread and of {all.Threads}; T tokens: GFLOPS of {all.Threads} threads");
        Console.WriteLine("format    1 thread   all threads   GFLOPS:  T=8    T=64   T=512");
        foreach (BlockFormat format in BlockFormat.All.Where(format => only is null || $"{format.Type}" == only))
        {
            // More than the last-level cache holds, one after another, so that each comes from memory.
            using var weights = new RandomWeights(format.Type, Rows, Columns, copies: 8);
            double gigabytes = format.RowBytes(Columns) * Rows / 1e9;
            string line = $"{format.Type,-7} {gigabytes / Best(weights, 1, one),10:F1} {gigabytes / Best(weights, 1, all),13:F1}         ";
            foreach (int T in new[] { 8, 64, 512 })
            {
                line += $" {2e-9 * Rows * Columns * T / Best(weights, T, all),7:F0}";
            }
            Console.WriteLine(line);
        }
    }

    private static double Best(RandomWeights weights, int T, Workers workers)
    {
        float[] x = RandomWeights.Activations(T * Columns), y = new float[T * Rows];
        double best = double.MaxValue;
        for (int run = 0; run < Runs; run++)
        {
            long begin = Stopwatch.GetTimestamp();
            Linear.Forward(weights[run], x, y, workers);
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }
        return best;
    }
}
