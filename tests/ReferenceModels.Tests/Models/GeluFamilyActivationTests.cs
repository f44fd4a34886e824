using Engine;

namespace ReferenceModels.Tests.Models;

/// <summary>The activations of the managed GPT-2 and BERT against llama.cpp: side by side and in replay.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class GeluFamilyActivationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Models => [.. Cases.Keys];

    private static readonly Dictionary<string, Func<string, string>> Cases = new()
    {
        ["gpt2"] = path => new RandomGpt2().Write(path),
        ["gpt2, tied, of three layers"] = path => new RandomGpt2 { N = 3, Tied = true, H = 8, G = 2 }.Write(path),
        ["bert"] = path => new RandomBert().Write(path),
        ["bert without biases and segments"] = path => new RandomBert { QkvBiases = false, OutputBias = false, FeedForwardBiases = false, SegmentTable = false, N = 1 }.Write(path),
        ["bert, fused, with bias"] = path => new RandomBert { FusedQkv = true, FusedBias = true, QkvBiases = false, N = 3 }.Write(path),
        ["bert, fused, with three biases"] = path => new RandomBert { FusedQkv = true, H = 8, G = 2 }.Write(path),
        ["bert with pooler and classifier"] = path => new RandomBert { Pooler = true, Scores = 3, Labels = 3 }.Write(path),
        ["bert with a classifier"] = path => new RandomBert { Scores = 1, ScoresBias = false }.Write(path),
        ["bert with a pooler"] = path => new RandomBert { Pooler = true, PoolerBias = false }.Write(path),
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Every_op_of_llama_cpp_is_reported_in_its_order(string model)
    {
        (IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) = await LookAsync(model, Arithmetic.Exact, replayed: false);
        foreach ((Activation a, Activation b) in ActivationPairs.Join(ours, theirs))
        {
            // Distances accumulate: GELU's table of halves affects everything after it. Measured: up to 5e-3.
            AssertNear(a, b, 1e-2);
        }
        Assert.Equal(theirs.Select(ActivationPairs.Key).Where(ours.Select(ActivationPairs.Key).Contains), ours.Select(ActivationPairs.Key));
        Assert.Empty(ActivationPairs.Missing(ours, theirs));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Given_llama_cpps_inputs_every_op_gives_its_output(string model)
    {
        (IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) = await LookAsync(model, Arithmetic.Ggml, replayed: true);
        foreach ((Activation a, Activation b) in ActivationPairs.Join(ours, theirs))
        {
            if (IsGelu(a))
            {
                Assert.Equal(b.Values, a.Values); // the same table
                continue;
            }
            // Measured: up to 1.7e-6 for the softmax of attention, less for the others.
            AssertNear(a, b, 5e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task In_exact_arithmetic_only_GELU_is_off_by_a_step_of_F16(string model)
    {
        (IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) = await LookAsync(model, Arithmetic.Exact, replayed: true);
        foreach ((Activation a, Activation b) in ActivationPairs.Join(ours, theirs))
        {
            if (!IsGelu(a))
            {
                AssertNear(a, b, 5e-6);
                continue;
            }
            string input = $"ffn_up_b{a.Name[a.Name.IndexOf('-', StringComparison.Ordinal)..]}";
            float[] x = (theirs.SingleOrDefault(c => c.Name == input) ?? theirs.Single(c => c.Name == input.Replace("_b", "", StringComparison.Ordinal))).Values;
            for (int i = 0; i < x.Length; i++)
            {
                // Half a step for the input times the largest slope 1.13, half a step for the output; subnormal halves 2^-24 apart.
                double step = (1.13 * Math.Abs(x[i]) + Math.Abs(b.Values[i])) / 2048 + Math.ScaleB(1, -24);
                Assert.InRange(Math.Abs((double)a.Values[i] - b.Values[i]), 0, step);
            }
        }
    }

    private static bool IsGelu(Activation a) => a.Name.StartsWith("ffn_gelu", StringComparison.Ordinal);

    private static void AssertNear(Activation a, Activation b, double limit)
    {
        double distance = ActivationPairs.OfRms(a, b);
        Assert.True(distance <= limit, $"{ActivationPairs.Key(a)}: {distance:E2} of the RMS, allowed {limit:E2}");
    }

    private async Task<(IReadOnlyList<Activation> Ours, IReadOnlyList<Activation> Theirs)> LookAsync(string name, Arithmetic arithmetic, bool replayed)
    {
        string path = Cases[name](_folder.File("random.gguf"));
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, 100);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, 100);
        Prompt tokens = Prompt.FromTokens(new RandomBert().Tokens(30));
        IReadOnlyList<Activation> native = await LookAsync(theirs, name, tokens, arithmetic, []);
        return (await LookAsync(ours, name, tokens, arithmetic, replayed ? native : []), native);
    }

    private static async Task<IReadOnlyList<Activation>> LookAsync(IModel model, string name, Prompt tokens, Arithmetic arithmetic, IReadOnlyList<Activation> replay)
    {
        string[] all = [ScoreRequest.AllActivations];
        if (name.StartsWith("gpt2", StringComparison.Ordinal))
        {
            var score = new ScoreRequest { Tokens = tokens, Numerics = Numerics.Strict, Arithmetic = arithmetic, Activations = all, Replay = replay };
            return (await model.ScoreAsync(score).FirstAsync()).Activations;
        }
        Pooling pooling = name.Contains("classifier", StringComparison.Ordinal) || name.Contains("pooler", StringComparison.Ordinal) ? Pooling.Rank : Pooling.None;
        var embed = new EmbedRequest { Inputs = [tokens], Pooling = pooling, Numerics = Numerics.Strict, Arithmetic = arithmetic, Activations = all, Replay = replay };
        return (await model.EmbedAsync(embed)).Activations;
    }
}
