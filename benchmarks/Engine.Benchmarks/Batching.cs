using System.Diagnostics;
using Engine.Gguf;
using Engine.Serving;
using ReferenceModels;

namespace Engine.Benchmarks;

/// <summary>What a step gains from having several sequences in it, on the managed reference: tokens per second of all together, one token
/// of each in a step. The sizes take turns, and each keeps its best round.</summary>
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
        var best = new double[Sizes.Length];
        for (int round = 0; round <= Rounds; round++)
        {
            for (int i = 0; i < Sizes.Length; i++)
            {
                double tokensPerSecond = Measure(batch, Sizes[i], V);
                best[i] = round == 0 ? 0 : Math.Max(best[i], tokensPerSecond); // the first round warms up
            }
        }
        Console.WriteLine($"{Path.GetFileName(path)}, {threads} threads, 24 tokens of prompt and more; best of {Rounds} rounds of {Steps} steps");
        Console.WriteLine("sequences   tokens/s   of one");
        for (int i = 0; i < Sizes.Length; i++)
        {
            Console.WriteLine($"{Sizes[i],9} {best[i],10:F1} {best[i] / best[0],8:F2}");
        }
    }

    private static double Measure(ISequenceBatch batch, int sequences, int V)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int step = 0; step < Steps; step++)
        {
            batch.Step([.. Enumerable.Range(0, sequences).Select(sequence => new SequenceChunk(sequence, new[] { (17 * sequence + step) % V }, true))], default);
        }
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            batch.TryRemove(sequence, batch.LengthOf(sequence) - Steps);
        }
        return sequences * Steps / seconds;
    }
}
