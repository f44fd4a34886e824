using System.Diagnostics;
using Engine.LlamaCpp.Direct;
using Engine.Sampling;
using Engine.Serving;

namespace Engine.Benchmarks;

/// <summary>How long a cancelled prefill keeps computing: the time from the cancellation until the pass stops.
/// The caller itself is notified at once.</summary>
internal static class Cancellation
{
    private const int PromptTokens = 2000;
    private const int Rounds = 20;

    public static async Task RunAsync(string path, int threads)
    {
        var options = new ModelOptions { Path = path, Device = "cpu", Threads = threads, ContextLength = 4096 };
        using var model = await new LlamaCppBackend().LoadFileAsync(options, null, default).ConfigureAwait(false);
        int[] prompt = [.. Enumerable.Range(0, PromptTokens).Select(i => (300 + i * 7919) % model.Card.VocabularySize)];
        var random = new Xoshiro256(1);
        var waits = new List<double>();
        using IPass pass = model.OpenPass(new(Numerics.Production));
        pass.Begin([], default);
        pass.Continue(prompt.AsSpan(0, 1), default); // the first evaluation touches the weights
        for (int round = 0; round < Rounds; round++)
        {
            using var cancellation = new CancellationTokenSource();
            long cancelled = 0;
            // A thread of its own: the pool's may be late on a busy machine.
            var canceller = new Thread(() =>
            {
                cancellation.Token.WaitHandle.WaitOne(200 + (int)(random.NextCoin() * 1000));
                cancelled = Stopwatch.GetTimestamp();
                cancellation.Cancel();
            });
            canceller.Start();
            try
            {
                pass.Begin([], default);
                pass.Continue(prompt, cancellation.Token);
                Console.WriteLine("the prefill was over before the cancellation");
            }
            catch (OperationCanceledException)
            {
                waits.Add(Stopwatch.GetElapsedTime(cancelled).TotalMilliseconds);
            }
            canceller.Join();
        }
        waits.Sort();
        Console.WriteLine($"{Path.GetFileName(path)}, {threads} threads, {waits.Count} cancellations of a prefill: median {waits[waits.Count / 2]:F1} ms, worst {waits[^1]:F1} ms");
    }
}
