using Engine;

namespace ReferenceModels.Tests.Models;

/// <summary>The activations of the managed T5, joined with llama.cpp's by part, name, operation and occurrence.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class T5ActivationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<bool, bool, int> Shapes => new() { { false, false, 1 }, { true, true, 1 }, { false, true, 3 } };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_reported_tensor_is_one_of_llama_cpps(bool gated, bool ownPositions, int layers)
    {
        (IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) = await LookAsync(Model(gated, ownPositions, layers), replayed: false);
        foreach ((Activation a, Activation b) in ActivationPairs.Join(ours, theirs))
        {
            Assert.True(a.Part is "encoder" or "decoder");
            // Distances accumulate: GELU's table of halves affects everything after it.
            AssertNear(a, b, gated ? 5e-3 : 2e-5);
        }
        // The rows of the buckets are pos_bias in another order.
        Assert.All(ActivationPairs.Missing(ours, theirs), key => Assert.Contains("attn_rel_b-", key, StringComparison.Ordinal));
        string[] layer = ["norm", "attn_norm", "Qcur", "Kcur", "Vcur", "kq", "kq_soft_max", "v_cont", "kqv", "kqv_out", "ffn_inp", "ffn_norm", "ffn_up", "ffn_out"];
        string[] encoder = ["embd", "pos_bias", "result_embd", "norm", "result_norm", gated ? "ffn_geglu-0" : "ffn_relu-0", .. layer.Select(name => $"{name}-0")];
        Assert.Empty(encoder.Except(Names(ours, "encoder")));
        string[] decoder = [.. encoder, "result_output", "cross_inp-0", "attn_norm_cross-0"];
        Assert.Empty(decoder.Except(Names(ours, "decoder")));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_tensor_except_views_is_in_llama_cpps_order(bool gated, bool ownPositions, int layers)
    {
        (IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) = await LookAsync(Model(gated, ownPositions, layers), replayed: false);
        // The position bias is computed before the scores here, after them there.
        string[] ordered = [.. ours.Where(activation => activation.Name != "pos_bias").Select(ActivationPairs.Key)];
        HashSet<string> shown = [.. ordered];
        Assert.Equal(theirs.Select(ActivationPairs.Key).Where(shown.Contains), ordered);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Given_llama_cpps_inputs_every_op_gives_its_output(bool gated, bool ownPositions, int layers)
    {
        (IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) = await LookAsync(Model(gated, ownPositions, layers), replayed: true);
        foreach ((Activation a, Activation b) in ActivationPairs.Join(ours, theirs))
        {
            // Errors do not accumulate; one op's are a few roundings, but GELU's are a step of F16.
            AssertNear(a, b, a.Name.StartsWith("ffn_geglu", StringComparison.Ordinal) ? 5e-3 : 3e-6);
        }
    }

    private static RandomT5 Model(bool gated, bool ownPositions, int layers) =>
        new() { Gated = gated, OwnPositions = ownPositions, N = layers, M = Math.Min(layers, 2), H = 3, KeyLength = 10 };

    private static IEnumerable<string> Names(IReadOnlyList<Activation> activations, string part) =>
        activations.Where(activation => activation.Part == part).Select(activation => activation.Name);

    private async Task<(IReadOnlyList<Activation> Ours, IReadOnlyList<Activation> Theirs)> LookAsync(RandomT5 t5, bool replayed)
    {
        string path = t5.Write(_folder.File("random.gguf"));
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, 256);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, 256);
        var request = new ScoreRequest
        {
            Tokens = Prompt.FromTokens([0, .. t5.Target(20)]),
            Source = Prompt.FromTokens(t5.Source(27)),
            Numerics = Numerics.Strict,
            Activations = [ScoreRequest.AllActivations],
        };
        IReadOnlyList<Activation> native = (await theirs.ScoreAsync(request).FirstAsync()).Activations;
        if (replayed)
        {
            request = request with { Replay = native };
        }
        return ((await ours.ScoreAsync(request).FirstAsync()).Activations, native);
    }

    private static void AssertNear(Activation a, Activation b, double limit)
    {
        double distance = ActivationPairs.OfRms(a, b);
        Assert.True(distance <= limit, $"{ActivationPairs.Key(a)}: {distance:E2} of the RMS, allowed {limit:E2}");
    }
}
