using System.Diagnostics;
using Engine.Gguf;
using Engine.Serving;
using ReferenceModels;

namespace Engine.Benchmarks;

/// <summary>What a step gains from having several sequences in it, on the managed reference: tokens per second of all together, one token
/// of each in a step, and the processor time of a token, which other load on the machine hardly affects. The sizes take turns, and each keeps
/// its best round.</summary>
internal static class Batching
{
    private const int ContextLength = 512;
    private const int Rounds = 5;
    private const int Steps = 6;
    private static readonly int[] Sizes = [1, 2, 4, 8, 16];

    public static void Run(string path, int threads)
    {
        using var model = new ReferenceModel(GgufFile.Open(path), ContextLength, threads);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(Sizes[^1], Sizes[^1] * ContextLength));
        int V = model.Card.VocabularySize;
        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            int[] prompt = [.. Enumerable.Range(0, 24).Select(i => (300 + sequence * 31 + i * 79) % V)];
            batch.Step([new(sequence, prompt, false)], default);
        }
        var best = new (double Elapsed, double Processor)[Sizes.Length];
        for (int round = 0; round <= Rounds; round++)
        {
            for (int i = 0; i < Sizes.Length; i++)
            {
                (double elapsed, double processor) = Measure(batch, Sizes[i], V);
                best[i] = round < 2 ? (elapsed, processor) : (Math.Min(best[i].Elapsed, elapsed), Math.Min(best[i].Processor, processor)); // the first round warms up
            }
        }
        Console.WriteLine($"{Path.GetFileName(path)}, {threads} threads, 24 tokens of prompt and more; best of {Rounds} rounds of {Steps} steps");
        Console.WriteLine("sequences   tokens/s   of one   processor ms/token   of one");
        for (int i = 0; i < Sizes.Length; i++)
        {
            (double elapsed, double processor) = best[i];
            Console.WriteLine($"{Sizes[i],9} {1 / elapsed,10:F1} {best[0].Elapsed / elapsed,8:F2} {1000 * processor,20:F2} {processor / best[0].Processor,8:F2}");
        }
    }

    // Seconds of a token.
    private static (double Elapsed, double Processor) Measure(ISequenceBatch batch, int sequences, int V)
    {
        (long begin, TimeSpan used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        for (int step = 0; step < Steps; step++)
        {
            batch.Step([.. Enumerable.Range(0, sequences).Select(sequence => new SequenceChunk(sequence, new[] { (17 * sequence + step) % V }, true))], default);
        }
        double tokens = sequences * Steps;
        double elapsed = Stopwatch.GetElapsedTime(begin).TotalSeconds / tokens, processor = (Environment.CpuUsage.TotalTime - used).TotalSeconds / tokens;
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            batch.TryRemove(sequence, batch.LengthOf(sequence) - Steps);
        }
        return (elapsed, processor);
    }
}
