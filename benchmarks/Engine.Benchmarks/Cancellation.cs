using System.Diagnostics;
using Engine.Configuration;
using Engine.LlamaCpp;
using Engine.Sampling;

namespace Engine.Benchmarks;

/// <summary>How long a cancelled prefill keeps its slot: the time from the cancellation to the first sign of the next
/// request, which is a token of a one-token prompt, less what that request takes alone.</summary>
internal static class Cancellation
{
    private const int PromptTokens = 2000;
    private const int Rounds = 12;

    public static async Task RunAsync(string path, int threads)
    {
        var options = new ModelOptions { Path = path, Device = "cpu", Threads = threads, ContextLength = 4096 };
        await using IModel model = await new LlamaCppBackend().LoadAsync(options).ConfigureAwait(false);
        int[] prompt = [.. Enumerable.Range(0, PromptTokens).Select(i => (300 + i * 7919) % model.Card.VocabularySize)];
        await GenerateAsync(model, prompt[..1], default).ConfigureAwait(false);
        var random = new Xoshiro256(1);
        double worst = 0;
        for (int round = 0; round < Rounds; round++)
        {
            using var cancellation = new CancellationTokenSource();
            long begin = Stopwatch.GetTimestamp();
            await GenerateAsync(model, prompt[..1], default).ConfigureAwait(false);
            double alone = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;

            Task running = GenerateAsync(model, prompt, cancellation.Token);
            await Task.Delay(300 + (int)(random.NextCoin() * 1500)).ConfigureAwait(false);
            long cancelled = Stopwatch.GetTimestamp();
            await cancellation.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            double seen = Stopwatch.GetElapsedTime(cancelled).TotalMilliseconds;
            await GenerateAsync(model, prompt[..1], default).ConfigureAwait(false);
            double held = Stopwatch.GetElapsedTime(cancelled).TotalMilliseconds - alone;
            worst = Math.Max(worst, held);
            Console.WriteLine($"round {round + 1,2}: the caller sees it after {seen,6:F1} ms, the slot is free after {held,6:F1} ms");
        }
        Console.WriteLine($"{Path.GetFileName(path)}, {threads} threads: worst {worst:F1} ms");
    }

    private static async Task GenerateAsync(IModel model, int[] prompt, CancellationToken cancellationToken)
    {
        var request = new GenerateRequest { Prompt = Prompt.FromTokens(prompt), MaxTokens = 1, Sampling = SamplingOptions.Greedy };
        await foreach (GeneratedToken token in model.GenerateAsync(request, cancellationToken).ConfigureAwait(false))
        {
            _ = token;
        }
    }
}
