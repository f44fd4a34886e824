using System.Text.Json;
using Engine.Sampling;

namespace Engine.Tests.Sampling;

/// <summary>The judge is llama.cpp's own sampler chain: tests/Golden/Sampling.</summary>
public sealed class TokenSamplerTests
{
    private sealed record Golden(Dictionary<string, float[]> Rows, Case[] Cases);

    private sealed record Case(string Row, int[] Recent, SamplingOptions Settings, int[] Tokens, double[] Probabilities);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    [Fact]
    public void The_distribution_is_that_of_llama_cpp()
    {
        string path = Path.Combine(SharedFolder.Checkout, "tests", "Golden", "Sampling", "sampling.json");
        var golden = JsonSerializer.Deserialize<Golden>(File.ReadAllText(path), Json)!;
        Assert.NotEmpty(golden.Cases);
        foreach (var c in golden.Cases)
        {
            float[] logits = golden.Rows[c.Row];
            var sampler = Sampler(c.Settings, logits.Length);
            Array.ForEach(c.Recent, sampler.Accept);
            // A coin in the middle of each candidate's part of [0, 1) must fall on that candidate: this tests the kept
            // set, its order and its probabilities together. Parts thinner than the file's six digits are ignored.
            double sum = c.Probabilities.Sum(), before = 0;
            for (int i = 0; i < c.Tokens.Length; i++)
            {
                double part = c.Probabilities[i] / sum;
                if (part > 1e-4)
                {
                    int token = sampler.Sample(logits, before + part / 2);
                    Assert.True(c.Tokens[i] == token, $"row {c.Row}, {c.Settings}: candidate {i} is {c.Tokens[i]}, found {token}");
                }
                before += part;
            }
            Assert.Contains(sampler.Sample(logits, 0), c.Tokens);
            Assert.Contains(sampler.Sample(logits, 1 - 1e-12), c.Tokens);
        }
    }

    [Fact]
    public void A_tiny_temperature_is_greedy_without_overflow() =>
        Assert.Equal(1, Sampler(new() { Temperature = float.Epsilon, MinP = 0 }, 3).Sample([1, 9, 8.99f], 0.999));

    [Fact]
    public void An_absurd_penalty_still_gives_a_token()
    {
        var options = new SamplingOptions { FrequencyPenalty = float.MaxValue, PresencePenalty = float.MinValue, RepetitionPenalty = 1e-38f };
        var sampler = Sampler(options, 3);
        sampler.Accept(1);
        sampler.Accept(1);
        Assert.InRange(sampler.Sample([5, 9, 1], 0.5), 0, 2);
    }

    [Fact]
    public void Tokens_outside_the_window_are_not_penalized()
    {
        var sampler = Sampler(SamplingOptions.Greedy with { PresencePenalty = 100, PenaltyWindow = 2 }, 3);
        sampler.Accept(0);
        sampler.Accept(1);
        Assert.Equal(2, sampler.Sample([3, 2, 1], 0));
        sampler.Accept(2);
        Assert.Equal(0, sampler.Sample([3, 2, 1], 0));
    }

    [Fact]
    public void A_row_with_NaN_is_refused() =>
        Assert.Throws<NonFiniteLogitsException>(() => Sampler(SamplingOptions.Greedy, 3).Sample([1, float.NaN, 2], 0));

    /// <summary>Whatever the settings and the coin; 0 and 4 have the largest logits, and penalties that would lift them.</summary>
    [Theory]
    [InlineData(0f, 0, 1f, 0f)]
    [InlineData(1f, 0, 1f, 0f)]
    [InlineData(1f, 1, 1f, 0f)]
    [InlineData(1f, 5, 1f, 0f)]
    [InlineData(1f, 0, 0.9f, 0f)]
    [InlineData(100f, 0, 0.9999f, 0f)]
    [InlineData(1f, 0, 1f, 0.5f)]
    [InlineData(1e-6f, 40, 0.95f, 0.05f)]
    public void A_suppressed_token_is_never_drawn(float temperature, int topK, float topP, float minP)
    {
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, PresencePenalty = -100 };
        TokenSampler sampler = Sampler(options, 5, 0, 4);
        sampler.Accept(0);
        sampler.Accept(4);
        for (double coin = 0; coin < 1; coin += 1d / 64)
        {
            Assert.InRange(sampler.Sample([9, 1, 2, 1.5f, 9], coin), 1, 3);
        }
        Assert.InRange(sampler.Sample([9, 1, 2, 1.5f, 9], 1 - 1e-12), 1, 3);
    }

    /// <summary>Whatever runs after it, with the penalties and the suppressed tokens among it.</summary>
    [Theory]
    [InlineData(0f, 40, 1f, 0f, 0)]
    [InlineData(1f, 0, 1f, 0f, 0)]
    [InlineData(0.7f, 3, 1f, 0f, 0)]
    [InlineData(1.3f, 0, 0.8f, 0f, 0)]
    [InlineData(1f, 0, 1f, 0.1f, 0)]
    [InlineData(0.8f, 40, 0.95f, 0.05f, 0)]
    [InlineData(1f, 0, 1f, 0f, 1)]
    [InlineData(1f, 0, 1f, 0f, 2)]
    public void A_bias_draws_as_if_it_had_been_added_to_the_logits(float temperature, int topK, float topP, float minP, int mirostat)
    {
        var settings = SamplingSettings.Of(
            new() { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Mirostat = mirostat, PresencePenalty = 0.5f, RepetitionPenalty = 1.1f }, new());
        var biases = new Dictionary<int, float> { [0] = -3, [2] = 1.5f, [6] = 4, [7] = 100 };
        var random = new Xoshiro256(9);
        var biased = new TokenSampler(settings, 8, [7], biases);
        var plain = new TokenSampler(settings, 8, [7], new Dictionary<int, float>());
        for (int i = 0; i < 500; i++)
        {
            float[] logits = [.. Enumerable.Range(0, 8).Select(_ => (float)random.NextCoin() * 6)];
            double coin = random.NextCoin();
            float[] sums = [.. logits];
            foreach ((int token, float bias) in biases)
            {
                sums[token] += bias;
            }
            int expected = plain.Sample(sums, coin);
            Assert.Equal(expected, biased.Sample(logits, coin));
            Assert.NotEqual(7, expected);
            plain.Accept(expected);
            biased.Accept(expected);
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    [InlineData(100f)]
    public void A_bias_of_minus_infinity_rules_a_token_out_and_none_overflows(float temperature)
    {
        var biases = new Dictionary<int, float> { [0] = float.NegativeInfinity, [1] = float.MaxValue, [2] = float.MinValue };
        var sampler = new TokenSampler(SamplingSettings.Of(new() { Temperature = temperature, TopK = 0, TopP = 1, MinP = 0, PresencePenalty = -100 }, new()), 4, [], biases);
        sampler.Accept(0);
        for (double coin = 0; coin < 1; coin += 1d / 64)
        {
            Assert.Equal(1, sampler.Sample([float.MaxValue, float.MaxValue, float.MinValue, 3], coin));
        }
    }

    /// <summary>XTC keeps the least likely of the likely; after it, a token that was far below may be drawn.</summary>
    [Theory]
    [InlineData("xtc", 1f, 0)]
    [InlineData("xtc;xtc;temperature", 3.4e38f, 0)]
    [InlineData("temperature;temperature;xtc;penalties", 3.4e38f, 0)]
    [InlineData("temperature;temperature;min_p;top_p;top_k", 1e-38f, 0)]
    [InlineData("min_p;penalties;top_p;top_k", 1f, 0)]
    [InlineData("", 0f, 0)]
    [InlineData("", 1e-3f, 1)]
    [InlineData("", 3.4e38f, 1)]
    [InlineData("", 1e-3f, 2)]
    [InlineData("", 3.4e38f, 2)]
    public void A_suppressed_token_is_never_drawn_by_any_sampler(string samplers, float temperature, int mirostat)
    {
        var options = new SamplingOptions
        {
            Samplers = samplers,
            Temperature = temperature,
            MinP = 1e-30f,
            XtcProbability = 1,
            XtcThreshold = 0,
            RepetitionPenalty = 1e-30f,
            PresencePenalty = -100,
            Mirostat = mirostat,
            MirostatTau = 100,
            MirostatEta = 10,
        };
        TokenSampler sampler = Sampler(options, 5, 0, 4);
        sampler.Accept(0);
        sampler.Accept(4);
        for (double coin = 0; coin < 1; coin += 1d / 64)
        {
            Assert.InRange(sampler.Sample([200, 1, 2, 150, 200], coin), 1, 3);
        }
    }

    [Theory]
    [InlineData(0.5f, 0.1f, 0.5, 1)]  // tokens 0 and 1 are likely, and 1 less so
    [InlineData(0.5f, 0.1f, 0.51, 0)] // the chance is missed
    [InlineData(1f, 0.501f, 0.5, 0)]  // off
    [InlineData(1f, 0.4f, 0.5, 0)]    // one likely token is not too many
    [InlineData(1f, 0f, 0.5, 4)]      // all are likely
    public void XTC_leaves_of_the_likely_tokens_the_least_likely(float probability, float threshold, double chance, int first)
    {
        var options = new SamplingOptions { Samplers = "xtc;temperature", Temperature = 0, XtcProbability = probability, XtcThreshold = threshold };
        Assert.Equal(first, Sampler(options, 5).Sample([4, 3, 1, 0.5f, 0], 0.5, chance));
    }

    [Theory]
    [InlineData(0f, 1)]
    [InlineData(0.5f, 2)]
    public void A_second_coin_is_drawn_only_if_XTC_may_act(float probability, int coins)
    {
        var random = new Xoshiro256(11);
        Sampler(new() { XtcProbability = probability }, 3).Sample([1, 2, 3], random);
        var same = new Xoshiro256(11);
        double[] taken = [.. Enumerable.Range(0, coins).Select(_ => same.NextCoin())];
        Assert.Equal(coins, taken.Length);
        Assert.Equal(same.NextUInt64(), random.NextUInt64());
    }

    /// <summary>Over many tokens of one distribution the mean surprise comes to tau, which is what Mirostat is for.</summary>
    [Theory]
    [InlineData(1, 3f)]
    [InlineData(2, 3f)]
    [InlineData(2, 5f)]
    public void Mirostat_holds_the_surprise_at_its_target(int version, float tau)
    {
        var random = new Xoshiro256(4);
        float[] logits = [.. Enumerable.Range(1, 5000).Select(rank => -1.1f * MathF.Log(rank))]; // Zipf's law
        double logSum = LogitRow.LogSumExp(logits);
        var sampler = Sampler(new() { Mirostat = version, MirostatTau = tau, Temperature = 1 }, logits.Length);
        double sum = 0;
        const int tokens = 2000;
        for (int i = 0; i < tokens; i++)
        {
            Candidates left = sampler.Narrow(logits);
            double coin = random.NextCoin();
            left.Draw(coin, out double probability);
            sum -= Math.Log2(probability);
            sampler.Sample(logits, coin);
        }
        // The bound moves by eta times the error, so the errors add up to (first bound - last one) / eta: a bound within 20 bits gives 200 / 2000.
        Assert.InRange(sum / tokens, tau - 0.1, tau + 0.1);
    }

    [Theory]
    [InlineData(40, 0.95f, 0, 0f)]
    [InlineData(0, 0.9f, 0, 0f)]
    [InlineData(0, 1f, 0, 0f)]
    [InlineData(0, 0.9f, 0, 0.5f)]
    [InlineData(0, 1f, 1, 0f)]
    [InlineData(0, 1f, 2, 0f)]
    public void Nothing_is_allocated_per_token(int topK, float topP, int mirostat, float xtc)
    {
        var options = new SamplingOptions { TopK = topK, TopP = topP, RepetitionPenalty = 1.1f, Mirostat = mirostat, XtcProbability = xtc };
        var sampler = Sampler(options, 4096, 5, 6, 7);
        var random = new Xoshiro256(3);
        float[] logits = [.. Enumerable.Range(0, 4096).Select(_ => (float)random.NextCoin() * 10)];
        for (int i = 0; i < 100; i++)
        {
            sampler.Accept(sampler.Sample(logits, random)); // fills the window and its tables
        }
        // A collection that other tests cause counts the rest of this thread's allocation buffer, hence the least.
        Assert.Equal(0, Steady.Least(10, () =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                sampler.Sample(logits, random);
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
    }

    private static TokenSampler Sampler(SamplingOptions options, int vocabulary, params int[] suppressed) =>
        new(SamplingSettings.Of(options), vocabulary, suppressed, new Dictionary<int, float>());
}
