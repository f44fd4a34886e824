using System.Collections.ObjectModel;
using Engine.Sampling;

namespace Engine.Tests.Sampling;

/// <summary>The judge is llama.cpp's own chain of samplers, asked here: orders, XTC and Mirostat.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class LlamaSamplersTests
{
    // llama.cpp adds up a softmax in a float, one by one: an error of n / 2^24, 1.2e-4 at n = 2000 tokens; twice as much is allowed.
    private const double Relative = 2.5e-4;

    // What is below has no part in the comparison; llama.cpp keeps tokens of probability 0 if a temperature is 0.
    private const double Smallest = 1e-6;

    private static readonly string[] Names = ["penalties", "top_k", "top_p", "min_p", "xtc", "temperature"];

    /// <summary>Chains of 1 to 7 samplers in any order, some of them twice.</summary>
    [Theory]
    [InlineData(37)]
    [InlineData(300)]
    [InlineData(2000)]
    public void A_chain_in_any_order_leaves_what_llama_cpp_leaves(int vocabulary)
    {
        var random = new Xoshiro256((ulong)vocabulary);
        int compared = 0;
        int chains = 60_000 / (vocabulary + 300);
        for (int i = 0; i < chains; i++)
        {
            SamplingOptions options = Options(random);
            float[] logits = Row(vocabulary, random);
            int[] recent = [.. Enumerable.Range(0, 12).Select(_ => (int)(random.NextCoin() * vocabulary))];
            TokenSampler sampler = Sampler(options, vocabulary, recent);
            using var judge = new LlamaSamplers(vocabulary);
            judge.Add(options, 1);
            Array.ForEach(recent, judge.Accept);
            (Dictionary<int, double> expected, _) = judge.Apply(logits);
            Dictionary<int, double> found = Distribution(sampler.Narrow(logits));
            if (!Hangs(options, logits, recent, found))
            {
                AssertSame(expected, found, options.ToString());
                compared++;
            }
        }
        Assert.InRange(compared, chains * 9 / 10, chains);
    }

    /// <summary>Step by step: each bound follows from the token before, so that the token is the one that llama.cpp drew.</summary>
    [Theory]
    [InlineData(1, 5f, 0.1f, 0.8f)]
    [InlineData(1, 3f, 0.5f, 1f)]
    [InlineData(1, 1f, 1f, 2f)]
    [InlineData(1, 5f, 0.1f, 0f)]
    [InlineData(2, 5f, 0.1f, 0.8f)]
    [InlineData(2, 3f, 0.5f, 1f)]
    [InlineData(2, 0f, 1f, 2f)]
    [InlineData(2, 5f, 0.1f, 0f)]
    public void Mirostat_cuts_as_llama_cpp_does_token_after_token(int version, float tau, float eta, float temperature)
    {
        const int vocabulary = 1000;
        var options = SamplingOptions.Default with { Mirostat = version, MirostatTau = tau, MirostatEta = eta, Temperature = temperature, RepetitionPenalty = 2 };
        var random = new Xoshiro256(21);
        TokenSampler sampler = Sampler(options, vocabulary, []);
        using var judge = new LlamaSamplers(vocabulary);
        judge.Add(options, 3);
        int several = 0;
        for (int step = 0; step < 40; step++)
        {
            float[] logits = Row(vocabulary, random);
            (Dictionary<int, double> expected, int drawn) = judge.Apply(logits);
            Candidates left = sampler.Narrow(logits);
            Dictionary<int, double> found = Distribution(left);
            AssertSame(expected, found, $"{options}, token {step}");
            several += found.Count > 1 ? 1 : 0;
            double coin = 0;
            foreach ((int token, double probability) in found) // in the order of the draw
            {
                if (token == drawn)
                {
                    coin += probability / 2;
                    break;
                }
                coin += probability;
            }
            Assert.Equal(drawn, sampler.Sample(logits, coin));
        }
        Assert.Equal(temperature == 0 || tau == 0, several == 0);
    }

    private static SamplingOptions Options(Xoshiro256 random)
    {
        return SamplingOptions.Default with
        {
            Samplers = string.Join(';', Enumerable.Range(0, 1 + Below(7)).Select(_ => Names[Below(Names.Length)])),
            Temperature = OneOf(0f, 0.3f, 0.8f, 1f, 1.7f),
            TopK = OneOf(0, 1, 5, 40, 500),
            TopP = OneOf(0f, 0.5f, 0.9f, 0.999f, 1f),
            MinP = OneOf(0f, 0.01f, 0.1f, 1f),
            XtcProbability = OneOf(0f, 1f),
            XtcThreshold = OneOf(0.01f, 0.05f, 0.1f, 0.3f, 0.5f, 0.6f),
            RepetitionPenalty = OneOf(1f, 1.3f, 0.7f),
            FrequencyPenalty = OneOf(0f, 0.4f),
            PresencePenalty = OneOf(0f, -0.6f),
            PenaltyWindow = OneOf(0, 4, 64, -1),
        };

        T OneOf<T>(params T[] values) => values[Below(values.Length)];

        int Below(int n) => (int)(random.NextCoin() * n);
    }

    /// <summary>A peaked row: exponents of a uniform number, none equal to another.</summary>
    private static float[] Row(int vocabulary, Xoshiro256 random) => [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(-2 * Math.Log(random.NextCoin() + 1e-9) - 3))];

    private static TokenSampler Sampler(SamplingOptions options, int vocabulary, int[] recent)
    {
        var sampler = new TokenSampler(SamplingSettings.Of(options), vocabulary, [], ReadOnlyDictionary<int, float>.Empty);
        Array.ForEach(recent, sampler.Accept);
        return sampler;
    }

    /// <summary>Each candidate by the coin that falls on it, in the order of the draw.</summary>
    private static Dictionary<int, double> Distribution(Candidates candidates)
    {
        var found = new Dictionary<int, double>();
        double before = 0, step = 1e-10;
        while (before + step < 1)
        {
            int token = candidates.Draw(before + step, out double probability);
            if (found.TryAdd(token, probability))
            {
                (before, step) = (before + probability, 1e-10);
            }
            else
            {
                step *= 2; // candidates thinner than a step were skipped
            }
        }
        return found;
    }

    /// <summary>Whether a set hangs on the last digits of a bound: a part in 10^5 more or less changes it.</summary>
    private static bool Hangs(SamplingOptions options, float[] logits, int[] recent, Dictionary<int, double> found)
    {
        return new[] { 1 - 1e-5f, 1 + 1e-5f }.Any(factor =>
        {
            SamplingOptions near = options with
            {
                TopP = options.TopP >= 1 ? options.TopP : options.TopP * factor,
                MinP = Math.Min(1, options.MinP!.Value * factor),
                XtcThreshold = options.XtcThreshold >= 0.5f ? options.XtcThreshold : options.XtcThreshold * factor,
            };
            return !Distribution(Sampler(near, logits.Length, recent).Narrow(logits)).Keys.ToHashSet().SetEquals(found.Keys);
        });
    }

    private static void AssertSame(Dictionary<int, double> expected, Dictionary<int, double> found, string what)
    {
        foreach (int token in expected.Where(pair => pair.Value > Smallest).Concat(found.Where(pair => pair.Value > Smallest)).Select(pair => pair.Key))
        {
            double right = expected.GetValueOrDefault(token), ours = found.GetValueOrDefault(token);
            Assert.True(Math.Abs(right - ours) <= Relative * right, $"{what}: llama.cpp gives token {token} the probability {right}, found {ours}");
        }
    }
}
