using Engine;
using Engine.Gguf;
using Engine.LlamaCpp;
using Engine.Parity;

namespace ReferenceModels.Tests;

/// <summary>Models with low-rank adapters, against llama.cpp with the same file.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class AdapterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Model => _folder.File("model.gguf");

    private string Adapter => _folder.File("adapter.gguf");

    public static TheoryData<string> Families => ["llama", "llama with biases", "llama with fused weights", "gpt2", "t5"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public async Task In_F32_the_adapted_logits_are_those_of_llama_cpp(string family)
    {
        WriteModel(family);
        new RandomAdapter().Write(Adapter, Model);
        float[][] bare = await ScoreAsync(await LoadAsync("reference"));
        float[][] ours = await ScoreAsync(await LoadAsync("reference", (Adapter, 1)));
        float[][] theirs = await ScoreAsync(await LoadAsync("llama.cpp", (Adapter, 1)));
        Assert.InRange(Agreement.OfRms(ours, theirs), 0, family == "gpt2" ? Agreement.HalfGelu : Agreement.Floats);
        Assert.True(Agreement.OfRms(ours, bare) > 0.1);
    }

    [Theory]
    [InlineData(GgmlType.F32, GgmlType.F16)]
    [InlineData(GgmlType.Q8_0, GgmlType.F32)]
    [InlineData(GgmlType.Q8_0, GgmlType.F16)]
    [InlineData(GgmlType.Q4_K, GgmlType.BF16)]
    public async Task Other_formats_are_used_as_llama_cpp_uses_them(GgmlType weights, GgmlType factors)
    {
        new RandomLlama { Type = weights, Width = 256, Inner = 256 }.Write(Model);
        new RandomAdapter { Type = factors }.Write(Adapter, Model);
        float[][] theirs = await ScoreAsync(await LoadAsync("llama.cpp", (Adapter, 1)));
        float[][] exact = await ScoreAsync(await LoadAsync("reference", (Adapter, 1)));
        float[][] rounded = await ScoreAsync(await LoadAsync("reference", (Adapter, 1)), Arithmetic.Ggml);
        // The tolerances of LlamaCppTests without adapters: five times what is measured there.
        Assert.InRange(Agreement.Nmse(exact, theirs), 0, 2e-3);
        Assert.InRange(Agreement.Nmse(rounded, theirs), 0, 2e-3);
    }

    [Theory]
    [InlineData("reference")]
    [InlineData("llama.cpp")]
    public async Task A_scale_of_0_gives_the_model_itself(string backend)
    {
        WriteModel("llama");
        new RandomAdapter().Write(Adapter, Model);
        Assert.Equal(await ScoreAsync(await LoadAsync(backend)), await ScoreAsync(await LoadAsync(backend, (Adapter, 0))));
    }

    [Fact]
    public async Task Several_adapters_and_scales_add_up_and_no_alpha_means_no_division()
    {
        WriteModel("llama");
        string other = new RandomAdapter { Seed = 6, Rank = 3, Alpha = null, Targets = name => name.Contains("ffn", StringComparison.Ordinal) }.Write(_folder.File("other.gguf"), Model);
        new RandomAdapter().Write(Adapter, Model);
        (string, float)[] both = [(Adapter, 0.5f), (other, -1.5f)];
        Assert.InRange(Agreement.OfRms(await ScoreAsync(await LoadAsync("reference", both)), await ScoreAsync(await LoadAsync("llama.cpp", both))), 0, Agreement.Floats);
    }

    [Fact]
    public async Task An_adapted_encoder_embeds_as_llama_cpp_does()
    {
        new RandomBert().Write(Model);
        new RandomAdapter().Write(Adapter, Model);
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens([2, 9, 17, 30, 11, 3])], Pooling = Pooling.None, Numerics = Numerics.Strict };
        float[][] bare = await EmbedAsync("reference"), ours = await EmbedAsync("reference", (Adapter, 1)), theirs = await EmbedAsync("llama.cpp", (Adapter, 1));
        Assert.InRange(Agreement.OfRms(ours, theirs), 0, Agreement.HalfGelu);
        Assert.True(Agreement.OfRms(ours, bare) > 0.1);

        async Task<float[][]> EmbedAsync(string backend, params (string, float)[] adapters)
        {
            await using IModel model = await LoadAsync(backend, adapters);
            return [.. (await model.EmbedAsync(request)).Rows.Select(row => row.ToArray())];
        }
    }

    [Fact]
    public async Task Looking_inside_finds_every_adapted_product_alike()
    {
        WriteModel("llama with biases");
        new RandomAdapter().Write(Adapter, Model);
        await using IModel native = await LoadAsync("llama.cpp", (Adapter, 1)), reference = await LoadAsync("reference", (Adapter, 1));
        LayerFindings findings = await LayerCheck.RunAsync(native, reference, Prompt.FromTokens(Tokens), new LayerOptions { Setting = Numerics.Strict });
        Assert.Null(findings.FirstDivergence);
        Assert.Contains(findings.Layers, layer => layer is { Name: "Qcur-1", Op: "ADD" });
    }

    [Theory]
    [InlineData("general.type")]
    [InlineData("adapter.type")]
    [InlineData("general.architecture")]
    [InlineData("blk.9.attn_q.weight")]
    [InlineData("token_embd.weight")]
    [InlineData("blk.0.attn_q.weight.lora_b")]
    [InlineData("lora_mid")]
    [InlineData("no tensors")]
    [InlineData("(64, 4)")]
    [InlineData("adapter.lora.alpha")]
    [InlineData("i32")]
    [InlineData("adapter.alora.invocation_tokens")]
    public async Task What_is_no_adapter_of_the_model_is_refused_by_name_on_both_backends(string fault)
    {
        new RandomLlama { Tied = true }.Write(Model);
        float[] numbers = new float[64 * 4];
        Action<GgufWriter> add(string name, params long[] shape) => writer =>
            writer.AddTensor(name, shape, GgmlType.F32, new byte[4 * shape.Aggregate((a, b) => a * b)]);
        RandomAdapter adapter = fault switch
        {
            "general.type" => new() { FileKind = "model" },
            "adapter.type" => new() { Kind = "dora" },
            "general.architecture" => new() { Architecture = "gpt2" },
            "blk.9.attn_q.weight" => new() { More = add("blk.9.attn_q.weight.lora_a", 64, 4) + add("blk.9.attn_q.weight.lora_b", 4, 64) },
            "token_embd.weight" => new() { More = add("token_embd.weight.lora_a", 64, 4) + add("token_embd.weight.lora_b", 4, 320) },
            "blk.0.attn_q.weight.lora_b" => new() { Targets = _ => false, More = add("blk.0.attn_q.weight.lora_a", 64, 4) },
            "lora_mid" => new() { More = add("blk.0.attn_q.weight.lora_mid", 64, 4) },
            "no tensors" => new() { Targets = _ => false },
            "(64, 4)" => new() { Targets = _ => false, More = add("blk.0.attn_q.weight.lora_a", 32, 4) + add("blk.0.attn_q.weight.lora_b", 4, 64) },
            "adapter.lora.alpha" => new() { Alpha = float.NaN },
            "i32" => new() { Type = GgmlType.I32 },
            _ => new() { More = writer => writer.SetMetadata(fault, new uint[] { 1 }) },
        };
        adapter.Write(Adapter, Model);
        foreach (string backend in (string[])["reference", "llama.cpp"])
        {
            var error = await Assert.ThrowsAsync<ModelFileException>(() => LoadAsync(backend, (Adapter, 1)));
            Assert.Contains(fault, error.Message, StringComparison.Ordinal);
            Assert.Contains("adapter", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_model_is_no_adapter_and_a_file_that_is_absent_none_either()
    {
        WriteModel("llama");
        foreach (string backend in (string[])["reference", "llama.cpp"])
        {
            Assert.Contains("general.type", (await Assert.ThrowsAsync<ModelFileException>(() => LoadAsync(backend, (Model, 1)))).Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ModelFileException>(() => LoadAsync(backend, (_folder.File("absent.gguf"), 1)));
            await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(backend, (Model, float.NaN)));
        }
    }

    private static readonly int[] Tokens = [1, 30, 77, 5, 120, 30, 9];

    private void WriteModel(string family) => _ = family switch
    {
        "llama" => new RandomLlama().Write(Model),
        "llama with biases" => new RandomLlama { Biases = true }.Write(Model),
        "llama with fused weights" => new RandomLlama { FusedQkv = true, Biases = true }.Write(Model),
        "gpt2" => new RandomGpt2().Write(Model),
        _ => new RandomT5 { Gated = false }.Write(Model),
    };

    private Task<IModel> LoadAsync(string backend, params (string Path, float Scale)[] adapters)
    {
        var options = new ModelOptions
        {
            Path = Model,
            Backend = backend,
            Device = "cpu",
            ContextLength = 64,
            Adapters = [.. adapters.Select(adapter => new AdapterOptions { Path = adapter.Path, Scale = adapter.Scale })],
        };
        return (backend == "reference" ? (IModelBackend)new ReferenceBackend() : new LlamaCppBackend()).LoadAsync(options).AsTask();
    }

    private static async Task<float[][]> ScoreAsync(IModel model, Arithmetic arithmetic = Arithmetic.Exact)
    {
        await using (model)
        {
            var request = new ScoreRequest
            {
                Tokens = Prompt.FromTokens(model.Card.Abilities.HasFlag(ModelAbilities.Source) ? [0, .. Tokens] : Tokens),
                Source = model.Card.Abilities.HasFlag(ModelAbilities.Source) ? Prompt.FromTokens([7, 40, 41, 1]) : null,
                Numerics = Numerics.Strict,
                Arithmetic = arithmetic,
            };
            var rows = new List<float[]>();
            await foreach (ScoreBlock block in model.ScoreAsync(request))
            {
                rows.AddRange(Enumerable.Range(0, block.Rows).Select(row => block.Row(row).ToArray()));
            }
            return [.. rows];
        }
    }
}
