using System.Diagnostics;
using Engine.LlamaCpp.Direct;

namespace Engine.Benchmarks;

/// <summary>What <see cref="IModel"/> adds to a bare loop on the C API: the same file, threads, context and tokens, in pairs
/// that take turns, so that other load on the machine affects both equally.</summary>
internal static class Overhead
{
    private const int ContextLength = 512;
    private const int Pairs = 15;

    public static async Task RunAsync(string path, int threads, int tokens)
    {
        var options = new ModelOptions { Path = path, Device = "cpu", Threads = threads, ContextLength = ContextLength };
        await using IModel model = await new LlamaCppBackend().LoadAsync(options).ConfigureAwait(false);
        using var bare = new BareLlama(path, threads, ContextLength);
        int[] prompt = [.. Enumerable.Range(0, 8).Select(i => (300 + i * 79) % model.Card.VocabularySize)];

        await OfModelAsync(model, prompt, tokens).ConfigureAwait(false);
        OfBare(bare, prompt, tokens);
        Console.WriteLine($"{Path.GetFileName(path)}, {threads} threads, {tokens} tokens; microseconds per token, prompt of 8 included");
        Console.WriteLine("pair       IModel   bare loop    ratio    added   added on all processors");
        var pairs = new List<(double Ratio, double Added, double Processor)>();
        for (int pair = 1; pair <= Pairs; pair++)
        {
            // They alternate in going first, because the second finds the caches warm.
            Cost theirs = pair % 2 == 0 ? OfBare(bare, prompt, tokens) : default;
            Cost ours = await OfModelAsync(model, prompt, tokens).ConfigureAwait(false);
            theirs = theirs == default ? OfBare(bare, prompt, tokens) : theirs;
            pairs.Add((theirs.Elapsed / ours.Elapsed, ours.Elapsed - theirs.Elapsed, ours.Processor - theirs.Processor));
            Console.WriteLine($"{pair,4} {ours.Elapsed,12:F1} {theirs.Elapsed,11:F1} {pairs[^1].Ratio,8:F3} {pairs[^1].Added,8:F1} {pairs[^1].Processor,9:F1}");
        }
        Console.WriteLine(
            $"median: ratio of decode speeds {Median(pairs.Select(p => p.Ratio)):F3}, added {Median(pairs.Select(p => p.Added)):F1} µs per token, "
            + $"{Median(pairs.Select(p => p.Processor)):F1} µs of processor time");
    }

    private static async Task<Cost> OfModelAsync(IModel model, int[] prompt, int tokens)
    {
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromTokens(prompt),
            MaxTokens = tokens,
            Sampling = SamplingOptions.Greedy,
            IgnoreEndOfGeneration = true,
        };
        Cost begin = Cost.Now();
        int seen = 0;
        await foreach (GeneratedToken token in model.GenerateAsync(request).ConfigureAwait(false))
        {
            seen++;
        }
        return Cost.Now().Since(begin, seen);
    }

    private static Cost OfBare(BareLlama bare, int[] prompt, int tokens)
    {
        Cost begin = Cost.Now();
        bare.Clear();
        int[] next = [bare.Decode(prompt)];
        for (int i = 1; i < tokens; i++)
        {
            next[0] = bare.Decode(next);
        }
        return Cost.Now().Since(begin, tokens);
    }

    /// <summary>Microseconds: elapsed, and of processor time, which other load on the machine hardly affects.</summary>
    private readonly record struct Cost(double Elapsed, double Processor)
    {
        public static Cost Now() => new(Stopwatch.GetElapsedTime(0).TotalMicroseconds, Environment.CpuUsage.TotalTime.TotalMicroseconds);

        public Cost Since(Cost begin, int tokens) => new((Elapsed - begin.Elapsed) / tokens, (Processor - begin.Processor) / tokens);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Pairs / 2);
}
