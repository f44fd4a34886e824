using System.Diagnostics;
using Engine.Configuration;
using Engine.LlamaCpp;

namespace Engine.Benchmarks;

/// <summary>What <see cref="IModel"/> adds to a bare loop on the C API: the same file, threads, context and tokens, in pairs
/// that take turns, so that what else the machine does meets both alike.</summary>
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
        Console.WriteLine("pair       IModel   bare loop    ratio    added");
        var pairs = new List<(double Ratio, double Added)>();
        for (int pair = 1; pair <= Pairs; pair++)
        {
            // Who goes first alternates, for the second finds the caches warm.
            double theirs = pair % 2 == 0 ? OfBare(bare, prompt, tokens) : 0;
            double ours = await OfModelAsync(model, prompt, tokens).ConfigureAwait(false);
            theirs = theirs == 0 ? OfBare(bare, prompt, tokens) : theirs;
            pairs.Add((theirs / ours, ours - theirs));
            Console.WriteLine($"{pair,4} {ours,12:F1} {theirs,11:F1} {theirs / ours,8:F3} {ours - theirs,8:F1}");
        }
        Console.WriteLine($"median: ratio of decode speeds {Median(pairs.Select(p => p.Ratio)):F3}, added {Median(pairs.Select(p => p.Added)):F1} µs per token");
    }

    private static async Task<double> OfModelAsync(IModel model, int[] prompt, int tokens)
    {
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromTokens(prompt),
            MaxTokens = tokens,
            Sampling = SamplingOptions.Greedy,
            IgnoreEndOfGeneration = true,
        };
        long begin = Stopwatch.GetTimestamp();
        int seen = 0;
        await foreach (GeneratedToken token in model.GenerateAsync(request).ConfigureAwait(false))
        {
            seen++;
        }
        return Stopwatch.GetElapsedTime(begin).TotalMicroseconds / seen;
    }

    private static double OfBare(BareLlama bare, int[] prompt, int tokens)
    {
        long begin = Stopwatch.GetTimestamp();
        bare.Clear();
        int[] next = [bare.Decode(prompt)];
        for (int i = 1; i < tokens; i++)
        {
            next[0] = bare.Decode(next);
        }
        return Stopwatch.GetElapsedTime(begin).TotalMicroseconds / tokens;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Pairs / 2);
}
