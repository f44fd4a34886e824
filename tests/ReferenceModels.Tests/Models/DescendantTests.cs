using Engine;
using Engine.Gguf;
using Engine.Parity;
using Engine.Serving;
using ReferenceModels.Tests.Parity;

namespace ReferenceModels.Tests.Models;

/// <summary>The managed descendants of LLaMA against llama.cpp, on random weights of many shapes.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class DescendantTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Shapes => [.. DescendantCases.All.Keys];

    public static TheoryData<string> Families => [.. DescendantCases.Families];

    // Every format once, distributed over the families, which share their products, and two formats in each.
    public static IEnumerable<object[]> Quantized
    {
        get
        {
            string[] families = [.. DescendantCases.Families];
            return Formats.Select((type, i) => (object[])[families[i % families.Length], type])
                .Concat(from family in families from type in (GgmlType[])[GgmlType.Q8_0, GgmlType.Q4_K] select (object[])[family, type]);
        }
    }

    private static readonly GgmlType[] Formats =
    [
        GgmlType.F16, GgmlType.BF16, GgmlType.Q1_0, GgmlType.Q2_0, GgmlType.Q4_0, GgmlType.Q4_1, GgmlType.Q5_0, GgmlType.Q5_1, GgmlType.Q2_K, GgmlType.Q3_K,
        GgmlType.Q5_K, GgmlType.Q6_K, GgmlType.IQ1_S, GgmlType.IQ1_M, GgmlType.IQ2_XXS, GgmlType.IQ2_XS, GgmlType.IQ2_S, GgmlType.IQ3_XXS, GgmlType.IQ3_S,
        GgmlType.IQ4_NL, GgmlType.IQ4_XS, GgmlType.TQ1_0, GgmlType.TQ2_0, GgmlType.MXFP4,
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task In_F32_the_logits_are_those_of_llama_cpp(string shape)
    {
        RandomDescendant model = DescendantCases.All[shape];
        string path = model.Write(_folder.File("random.gguf"));
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, 256);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, 256);
        int[] tokens = model.Tokens(150);
        float[][] rows = await ReferenceModelFixture.ScoreAsync(ours, tokens), native = await ReferenceModelFixture.ScoreAsync(theirs, tokens);
        Assert.InRange(Agreement.OfRms(rows, native), 0, Limit(model));
        if (!IsGemma(model))
        {
            // The root mean square of all differences: 160 roundings of 2⁻²⁴ in a row make 9.5e-6 (Agreement.Floats); measured up to 3e-6.
            Assert.InRange(Math.Sqrt(Agreement.Nmse(rows, native)), 0, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_op_of_llama_cpp_is_reported_in_its_order_and_correct_on_its_inputs(string shape)
    {
        RandomDescendant model = DescendantCases.All[shape];
        string path = model.Write(_folder.File("random.gguf"));
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, 100);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, 100);
        var request = new ScoreRequest
        {
            Tokens = Prompt.FromTokens(model.Tokens(30)),
            Numerics = Numerics.Strict,
            Arithmetic = Arithmetic.Ggml,
            Activations = [ScoreRequest.AllActivations],
        };
        IReadOnlyList<Activation> native = (await theirs.ScoreAsync(request).FirstAsync()).Activations;
        IReadOnlyList<Activation> replayed = (await ours.ScoreAsync(request with { Replay = native }).FirstAsync()).Activations;
        foreach ((Activation a, Activation b) in ActivationPairs.Join(replayed, native))
        {
            double distance = ActivationPairs.OfRms(a, b);
            // Measured: up to 3e-6, and 2e-5 for angles, which llama.cpp computes from pair to pair.
            double limit = a.Operation == "ROPE" ? 1e-4 : 1e-5;
            Assert.True(distance <= limit, $"{ActivationPairs.Key(a)}: {distance:E2} of the RMS, allowed {limit:E2}");
        }
        Assert.Equal(native.Select(ActivationPairs.Key).Where(replayed.Select(ActivationPairs.Key).Contains), replayed.Select(ActivationPairs.Key));
        Assert.Empty(ActivationPairs.Missing(replayed, native));
    }

    [Theory]
    [MemberData(nameof(Quantized))]
    public async Task A_correct_pair_of_quantized_files_passes_in_either_arithmetic(string family, GgmlType type)
    {
        RandomDescendant model = Wide(family, type);
        string path = model.Write(_folder.File("random.gguf"));
        foreach (Arithmetic arithmetic in Enum.GetValues<Arithmetic>())
        {
            LayerFindings findings = await LayerFixture.LookAsync(path, path, model.Tokens(24), arithmetic);
            Assert.True(findings.FirstDivergence is null, findings.Scope.Explanation);
            Assert.Empty(LayerFixture.Unmeasured(findings));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Adapted_logits_are_those_of_llama_cpp(string family)
    {
        RandomDescendant model = DescendantCases.All[family];
        string path = model.Write(_folder.File("random.gguf")), adapter = new RandomAdapter().Write(_folder.File("adapter.gguf"), path);
        int[] tokens = model.Tokens(20);
        float[][][] rows = await Task.WhenAll(ScoreAsync("reference"), ScoreAsync("llama.cpp"), ScoreAsync("reference", adapted: false));
        Assert.InRange(Agreement.OfRms(rows[0], rows[1]), 0, Limit(model));
        Assert.True(Agreement.OfRms(rows[0], rows[2]) > 0.1);

        async Task<float[][]> ScoreAsync(string backend, bool adapted = true)
        {
            var options = new ModelOptions { Path = path, Backend = backend, Device = "cpu", ContextLength = 100, Adapters = adapted ? [new AdapterOptions { Path = adapter }] : [] };
            await using IModel loaded = backend == "reference"
                ? await new ReferenceBackend().LoadAsync(options) : await new Engine.LlamaCpp.Direct.LlamaCppBackend().LoadAsync(options);
            return await ReferenceModelFixture.ScoreAsync(loaded, tokens);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Every_op_of_an_adapted_model_is_correct_on_llama_cpps_inputs(string family)
    {
        RandomDescendant model = DescendantCases.All[family];
        string path = model.Write(_folder.File("random.gguf")), adapter = new RandomAdapter().Write(_folder.File("adapter.gguf"), path);
        var options = new ModelOptions { Path = path, Device = "cpu", ContextLength = 100, Adapters = [new AdapterOptions { Path = adapter }] };
        await using IModel native = await new Engine.LlamaCpp.Direct.LlamaCppBackend().LoadAsync(options);
        await using IModel reference = await new ReferenceBackend().LoadAsync(options);
        LayerFindings findings = await LayerCheck.RunAsync(native, reference, Prompt.FromTokens(model.Tokens(20)), new LayerOptions { Arithmetic = Arithmetic.Ggml });
        Assert.True(findings.FirstDivergence is null, findings.Scope.Explanation);
        Assert.Empty(LayerFixture.Unmeasured(findings));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Sequences_in_one_batch_have_the_same_rows_as_alone(string family)
    {
        RandomDescendant random = DescendantCases.All[family];
        await using IModel served = await ReferenceModelFixture.LoadAsync(random.Write(_folder.File("random.gguf")), 256);
        int[] first = random.Tokens(90), second = [.. random.Tokens(60).Reverse()];
        float[][] alone = await ReferenceModelFixture.ScoreAsync(served, first), other = await ReferenceModelFixture.ScoreAsync(served, second);
        using ReferenceModel model = new(GgufFile.Open(_folder.File("random.gguf")), 256, 2);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(2, 400));
        Near([alone[49]], Step((0, first[..50])));
        Near([other[39]], Step((1, second[..40])));
        Near([alone[79]], Step((0, first[50..80])));
        Near([alone[89], other[59]], Step((0, first[80..]), (1, second[40..])));

        void Near(float[][] expected, float[][] rows) => Assert.InRange(Agreement.OfRms(rows, expected), 0, Agreement.Floats);

        float[][] Step(params (int Sequence, int[] Tokens)[] chunks)
        {
            Assert.Equal(StepOutcome.Done, batch.Step([.. chunks.Select(chunk => new SequenceChunk(chunk.Sequence, chunk.Tokens, true))], default));
            return [.. chunks.Select((_, i) => batch.Row(i).ToArray())];
        }
    }

    private static RandomDescendant Wide(string family, GgmlType type) => Sized(DescendantCases.All[family]) with { Type = type, Width = 256, H = 8, G = 2 };

    // Whole blocks of every format.
    private static RandomDescendant Sized(RandomDescendant model) => model.Experts == 0
        ? model with { Inner = 512 } : model with { Inner = 256, Metadata = DescendantCases.With("expert_feed_forward_length", 256) };

    // A Gemma is no closer in ggml's arithmetic (measured up to 1.5e-3): the last bit of an input decides between two entries of GELU's table, a step of 2⁻¹¹
    // apart. Given llama.cpp's inputs, each of its ops is right to 1e-5.
    private static double Limit(RandomDescendant model) => IsGemma(model) ? Agreement.HalfGelu : Agreement.Floats;

    private static bool IsGemma(RandomDescendant model) => model.Architecture.StartsWith("gemma", StringComparison.Ordinal);
}
