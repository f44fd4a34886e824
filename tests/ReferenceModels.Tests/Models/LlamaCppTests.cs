using Engine;
using Engine.Gguf;

namespace ReferenceModels.Tests.Models;

/// <summary>The managed LLaMA against llama.cpp in strict numerics, on random weights of many shapes.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Shapes => [.. Cases.Keys];

    private static readonly Dictionary<string, RandomLlama> Cases = new()
    {
        ["one key/value head per query head"] = new() { H = 4, G = 4 },
        ["two query heads per key/value head"] = new() { H = 4, G = 2 },
        ["four query heads per key/value head"] = new() { H = 8, G = 2 },
        ["eight query heads per key/value head"] = new() { H = 8, G = 1 },
        ["an odd feed-forward width"] = new() { Inner = 173 },
        ["a width that no block divides"] = new() { Width = 42, H = 3, G = 1, Inner = 77, N = 3 },
        ["heads wider than their share"] = new() { H = 2, G = 1, KeyLength = 48 },
        ["a tied head"] = new() { Tied = true },
        ["biases"] = new() { Biases = true },
        ["a fused query, key and value"] = new() { FusedQkv = true, H = 8, G = 2 },
        ["a fused query, key and value with bias"] = new() { FusedQkv = true, Biases = true },
        ["a large epsilon"] = new() { Epsilon = 0.1f },
        ["another rotary base"] = new() { Metadata = w => w.SetMetadata("llama.rope.freq_base", 500_000f) },
        ["linear rotary scaling"] = new() { Metadata = Scaling("linear", 4) },
        ["the old key of linear scaling"] = new() { Metadata = w => w.SetMetadata("llama.rope.scale_linear", 2f) },
        ["longrope without factors"] = new() { Metadata = Scaling("longrope", 4) },
        ["scaling of type none"] = new() { Metadata = Scaling("none", 4) },
        ["yarn"] = new() { Metadata = Scaling("yarn", 4, 64), Width = 128, H = 2, G = 1 },
        ["yarn over the whole context"] = new() { Metadata = Scaling("yarn", 8), Context = 64, Width = 128, H = 2, G = 1 },
        ["yarn by less than one"] = new() { Metadata = Scaling("yarn", 0.5f, 64) },
        ["yarn with an attention factor"] = new() { Metadata = w => { Scaling("yarn", 4, 64)(w); w.SetMetadata("llama.rope.scaling.attn_factor", 1.25f); } },
        ["rotary factors"] = new() { RopeFactors = true },
        ["rotary factors and linear scaling"] = new() { RopeFactors = true, Metadata = Scaling("linear", 2) },
        ["numbers once for each layer"] = new() { H = 4, G = 2, Inner = 96, Metadata = LayerNumbers.Of("llama", 4, 2, 96) },
        ["positions past the original context"] = new() { Context = 64, Metadata = w => w.SetMetadata("llama.rope.freq_base", 10_000f) },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task In_F32_the_logits_are_those_of_llama_cpp(string shape)
    {
        RandomLlama llama = Cases[shape];
        (float[][] ours, float[][] theirs) = await ScoreBothAsync(llama, llama.Tokens(150));
        Assert.InRange(Agreement.OfRms(ours, theirs), 0, Agreement.Floats);
    }

    [Theory]
    // llama.cpp rounds activations (to 16 bits for F16 and BF16 weights, to 8 for quantized ones), this side does not.
    // Measured: F16 2e-7 and BF16 1.3e-5; the limits are five times that.
    [InlineData(GgmlType.F16, 1e-6)]
    [InlineData(GgmlType.BF16, 6.5e-5)]
    [InlineData(GgmlType.Q8_0, Agreement.EightBits)]
    [InlineData(GgmlType.Q4_0, Agreement.EightBits)]
    [InlineData(GgmlType.Q4_K, Agreement.EightBits)]
    [InlineData(GgmlType.Q5_K, Agreement.EightBits)]
    [InlineData(GgmlType.Q6_K, Agreement.EightBits)]
    public async Task In_other_types_the_logits_are_near_those_of_llama_cpp(GgmlType type, double limit)
    {
        RandomLlama llama = new() { Type = type, Width = 256, Inner = 512, H = 8, G = 2 };
        (float[][] ours, float[][] theirs) = await ScoreBothAsync(llama, llama.Tokens(40));
        Assert.InRange(Agreement.Nmse(ours, theirs), 0, limit);
    }

    [Theory]
    [InlineData(Pooling.None)]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Cls)]
    [InlineData(Pooling.Last)]
    public async Task Embeddings_are_those_of_llama_cpp(Pooling pooling)
    {
        RandomLlama llama = new();
        string path = llama.Write(_folder.File("random.gguf"));
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens(llama.Tokens(30)), Prompt.FromTokens(llama.Tokens(7))], Pooling = pooling, Numerics = Numerics.Strict };
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, 256);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, 256);
        Embeddings a = await ours.EmbedAsync(request), b = await theirs.EmbedAsync(request);
        Assert.Equal(b.Rows.Count, a.Rows.Count);
        Assert.InRange(Agreement.OfRms([.. a.Rows], [.. b.Rows]), 0, Agreement.Floats);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Activations_of_one_name_operation_and_occurrence_are_the_same(bool biases, bool fused)
    {
        RandomLlama llama = new() { Biases = biases, FusedQkv = fused };
        string path = llama.Write(_folder.File("random.gguf"));
        string[] names =
        [
            "embd", "result_norm", "result_output",
            .. from name in (string[])["norm", "attn_norm", "wqkv", "wqkv_b", "Qcur", "Kcur", "Vcur", "kqv_out", "attn_out", "ffn_inp", "ffn_norm", "ffn_gate", "ffn_gate_b", "ffn_up", "ffn_up_b", "ffn_swiglu", "ffn_down", "ffn_out", "l_out"]
               from layer in (int[])[0, 1]
               select $"{name}-{layer}",
        ];
        var request = new ScoreRequest { Tokens = Prompt.FromTokens(llama.Tokens(40)), Numerics = Numerics.Strict, Activations = names };
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, 256);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, 256);
        IReadOnlyList<Activation> a = (await ours.ScoreAsync(request).FirstAsync()).Activations, b = (await theirs.ScoreAsync(request).FirstAsync()).Activations;
        List<string> joined = [];
        foreach (Activation activation in a)
        {
            Activation? other = b.SingleOrDefault(other => (other.Name, other.Operation, other.Occurrence) == (activation.Name, activation.Operation, activation.Occurrence));
            if (other is not null)
            {
                joined.Add(activation.Name);
                Assert.Equal(other.Shape, activation.Shape);
                double most = Agreement.OfRms(activation.Values, other.Values);
                Assert.True(most <= Agreement.Floats, $"{activation.Name} {activation.Operation} {activation.Occurrence}: {most}");
            }
        }
        Assert.Equal(a.Select(activation => activation.Name).Distinct(), joined.Distinct());
    }

    private async Task<(float[][] Ours, float[][] Theirs)> ScoreBothAsync(RandomLlama llama, int[] tokens)
    {
        string path = llama.Write(_folder.File("random.gguf"));
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, 256);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, 256);
        return (await ReferenceModelFixture.ScoreAsync(ours, tokens), await ReferenceModelFixture.ScoreAsync(theirs, tokens));
    }

    private static Action<GgufWriter> Scaling(string type, float factor, uint original = 0) => writer =>
    {
        writer.SetMetadata("llama.rope.scaling.type", type);
        writer.SetMetadata("llama.rope.scaling.factor", factor);
        if (original > 0)
        {
            writer.SetMetadata("llama.rope.scaling.original_context_length", original);
        }
    };
}
