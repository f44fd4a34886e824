using System.Diagnostics;
using Engine.Sampling;

namespace Engine.Benchmarks;

/// <summary>What choosing a token costs, by the settings.</summary>
internal static class SamplingTable
{
    /// <param name="vocabulary">V.</param>
    public static void Print(int vocabulary)
    {
        var random = new Xoshiro256(1);
        // About the spread of a trained model's logits.
        float[][] rows = [.. Enumerable.Range(0, 8).Select(_ => Enumerable.Range(0, vocabulary).Select(_ => (float)(12 * (random.NextCoin() + random.NextCoin() + random.NextCoin() - 1.5))).ToArray())];
        (string Name, SamplingOptions Options)[] settings =
        [
            ("greedy", SamplingOptions.Greedy),
            ("default", new()),
            ("temperature alone", new() { Temperature = 0.8f, TopK = 0, TopP = 1, MinP = 0 }),
            ("top-p alone", new() { Temperature = 0.8f, TopK = 0, TopP = 0.95f, MinP = 0 }),
            ("with penalties", new() { RepetitionPenalty = 1.1f, FrequencyPenalty = 0.1f }),
        ];
        Console.WriteLine($"V = {vocabulary}; microseconds per token, the least of 5 rounds");
        foreach ((string name, SamplingOptions options) in settings)
        {
            var sampler = new TokenSampler(SamplingSettings.Of(options, new SamplingOptions()), vocabulary, [], System.Collections.ObjectModel.ReadOnlyDictionary<int, float>.Empty);
            double least = double.MaxValue;
            for (int round = 0; round < 5; round++)
            {
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < 40; i++)
                {
                    sampler.Accept(sampler.Sample(rows[i % rows.Length], random));
                }
                least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalMicroseconds / 40);
            }
            Console.WriteLine($"{name,-20}{least,10:F1}");
        }
    }
}
