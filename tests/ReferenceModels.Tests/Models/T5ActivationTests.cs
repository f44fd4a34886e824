using Engine;

namespace ReferenceModels.Tests.Models;

/// <summary>What the managed T5 shows inside, joined with llama.cpp's by part, name, operation and occurrence.</summary>
public sealed class T5ActivationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<bool, bool, int> Shapes => new() { { false, false, 1 }, { true, true, 1 }, { false, true, 3 } };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_tensor_that_is_shown_is_one_of_llama_cpp_s(bool gated, bool ownPositions, int layers)
    {
        (IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) = await LookAsync(Model(gated, ownPositions, layers), replayed: false);
        foreach (Activation activation in ours)
        {
            (float[] expected, double rms) = Partner(activation, theirs);
            Assert.True(activation.Part is "encoder" or "decoder");
            // Distances add up: GELU's table of halves shows in all that follows.
            AssertNear(activation, expected, rms * (gated ? 5e-3 : 2e-5));
        }
        string[] layer = ["norm", "attn_norm", "Qcur", "Kcur", "Vcur", "kq", "kq_soft_max", "v_cont", "kqv", "kqv_out", "ffn_inp", "ffn_norm", "ffn_up", "ffn_out"];
        string[] encoder = ["embd", "pos_bias", "result_embd", "norm", "result_norm", gated ? "ffn_geglu-0" : "ffn_relu-0", .. layer.Select(name => $"{name}-0")];
        Assert.Empty(encoder.Except(Names(ours, "encoder")));
        string[] decoder = [.. encoder, "result_output", "cross_inp-0", "attn_norm_cross-0"];
        Assert.Empty(decoder.Except(Names(ours, "decoder")));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_tensor_of_ours_but_views_is_in_llama_cpp_s_order(bool gated, bool ownPositions, int layers)
    {
        (IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) = await LookAsync(Model(gated, ownPositions, layers), replayed: false);
        // The bias of the positions is worked out before the scores here, behind them there.
        string[] ordered = [.. ours.Where(activation => activation.Name != "pos_bias").Select(Key)];
        HashSet<string> shown = [.. ordered];
        Assert.Equal(theirs.Select(Key).Where(shown.Contains), ordered);

        static string Key(Activation a) => $"{a.Part} {a.Name} {a.Operation} {a.Occurrence}";
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Fed_with_llama_cpp_s_inputs_every_op_gives_its_output(bool gated, bool ownPositions, int layers)
    {
        (IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) = await LookAsync(Model(gated, ownPositions, layers), replayed: true);
        foreach (Activation activation in ours)
        {
            (float[] expected, double rms) = Partner(activation, theirs);
            // Errors do not add up; one op's are a few roundings, but GELU's a step of F16.
            AssertNear(activation, expected, rms * (activation.Name.StartsWith("ffn_geglu", StringComparison.Ordinal) ? 5e-3 : 3e-6));
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
            IReadOnlyList<Activation> shown = (await ours.ScoreAsync(request).FirstAsync()).Activations;
            request = request with { Replay = [.. shown.Select(activation => activation with { Values = Partner(activation, native).Values })] };
        }
        return ((await ours.ScoreAsync(request).FirstAsync()).Activations, native);
    }

    // In our shape: llama.cpp shows its cache in multiples of 256 positions.
    private static (float[] Values, double Rms) Partner(Activation ours, IReadOnlyList<Activation> theirs)
    {
        Activation native = Assert.Single(theirs, other =>
            (other.Part, other.Name, other.Operation, other.Occurrence) == (ours.Part, ours.Name, ours.Operation, ours.Occurrence));
        Assert.Equal(Dimensions(native).Skip(1), Dimensions(ours).Skip(1));
        int columns = (int)ours.Shape[0], width = (int)native.Shape[0];
        Assert.True(width == columns || width % 256 == 0, $"{ours.Name}: {width} and {columns} columns");
        float[] values = [.. native.Values.Chunk(width).SelectMany(row => row.Take(columns))];
        return (values, Math.Sqrt(values.Average(value => (double)value * value)));

        static IEnumerable<long> Dimensions(Activation a) => [.. a.Shape, .. Enumerable.Repeat(1L, 4 - a.Shape.Count)];
    }

    private static void AssertNear(Activation ours, float[] expected, double limit)
    {
        double most = ours.Values.Zip(expected).Max(pair => Math.Abs((double)pair.First - pair.Second));
        Assert.True(most <= limit, $"{ours.Part} {ours.Name} {ours.Operation} {ours.Occurrence}: {most:E2}, allowed {limit:E2}");
    }
}
