using System.Diagnostics;
using System.Globalization;
using Engine.LlamaCpp.Direct;

namespace Engine.Benchmarks;

/// <summary>Two models of a process that generate at once, against one alone: they take turns on the processor's cores.</summary>
internal static class TwoModels
{
    private const int Rounds = 5;

    /// <param name="path">Loaded twice.</param>
    /// <param name="tokens">Of each answer.</param>
    public static async Task RunAsync(string path, int tokens)
    {
        var options = new ModelOptions { Path = path, Device = "cpu", ContextLength = 512 };
        await using IModel one = await new LlamaCppBackend().LoadAsync(options).ConfigureAwait(false);
        await using IModel other = await new LlamaCppBackend().LoadAsync(options).ConfigureAwait(false);
        await RunAsync(tokens, one, other).ConfigureAwait(false); // warms up
        var ratios = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            double alone = await RunAsync(tokens, one).ConfigureAwait(false), together = await RunAsync(tokens, one, other).ConfigureAwait(false);
            ratios.Add(together / alone);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one {alone:F1} tokens/s, two together {together:F1}, ratio {together / alone:F2}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"median ratio {ratios.Order().ElementAt(Rounds / 2):F2}"));
    }

    private static async Task<double> RunAsync(int tokens, params IModel[] models)
    {
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(models.Select(model => Task.Run(async () =>
        {
            var request = new GenerateRequest { Prompt = Prompt.FromTokens([5, 6, 7, 8]), MaxTokens = tokens, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true };
            await foreach (GeneratedToken _ in model.GenerateAsync(request).ConfigureAwait(false))
            {
            }
        }))).ConfigureAwait(false);
        return models.Length * tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
