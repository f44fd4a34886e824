using System.Collections.Concurrent;
using Engine;
using Engine.Gguf;
using Engine.LlamaCpp.Direct;
using Engine.Parity;
using Microsoft.Extensions.Logging;
using ReferenceModels.Tests.Parity;

namespace ReferenceModels.Tests;

/// <summary>Models with low-rank adapters, against llama.cpp with the same file.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class AdapterTests : IDisposable
{
    private static readonly string[] Backends = ["reference", "llama.cpp"];

    private readonly TemporaryFolder _folder = new();
    private readonly Lines _log = new();

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
    [InlineData("llama", 4)]
    [InlineData("llama", 1)]
    [InlineData("gpt2", 4)]
    [InlineData("t5", 4)]
    [InlineData("t5", 7)]
    public async Task Rows_of_an_adapted_embedding_match_llama_cpp(string family, int rank)
    {
        WriteModel(family);
        new RandomAdapter { Rank = rank, Embedding = true, Targets = _ => false }.Write(Adapter, Model);
        float[][] bare = await ScoreAsync(await LoadAsync("reference")), ours = await ScoreAsync(await LoadAsync("reference", (Adapter, -0.5f)));
        float[][] theirs = await ScoreAsync(await LoadAsync("llama.cpp", (Adapter, -0.5f)));
        Assert.InRange(Agreement.OfRms(ours, theirs), 0, family == "gpt2" ? Agreement.HalfGelu : Agreement.Floats);
        Assert.True(Agreement.OfRms(ours, bare) > 0.1);
    }

    [Theory]
    [InlineData(GgmlType.F16, GgmlType.F16)]
    [InlineData(GgmlType.Q8_0, GgmlType.F32)]
    [InlineData(GgmlType.Q4_K, GgmlType.Q8_0)]
    public async Task An_embedding_and_its_factors_may_have_any_type(GgmlType weights, GgmlType factors)
    {
        new RandomLlama { Type = weights, Width = 256, Inner = 256 }.Write(Model);
        new RandomAdapter { Type = factors, Rank = 32, Embedding = true }.Write(Adapter, Model);
        float[][] theirs = await ScoreAsync(await LoadAsync("llama.cpp", (Adapter, 1))), ours = await ScoreAsync(await LoadAsync("reference", (Adapter, 1)));
        Assert.InRange(Agreement.Nmse(ours, theirs), 0, Agreement.EightBits);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    [InlineData("t5")]
    public async Task An_embedding_that_is_also_the_head_cannot_have_factors(string family)
    {
        _ = family switch
        {
            "llama" => new RandomLlama { Tied = true }.Write(Model),
            "gpt2" => new RandomGpt2 { Tied = true }.Write(Model),
            _ => new RandomT5 { Tied = true }.Write(Model),
        };
        new RandomAdapter { Embedding = true }.Write(Adapter, Model);
        foreach (string backend in Backends)
        {
            var error = await Assert.ThrowsAsync<ModelFileException>(() => LoadAsync(backend, (Adapter, 1)));
            Assert.Contains("'token_embd.weight', which is the model's head as well", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Norm_vectors_change_nothing_and_are_reported_once_per_backend()
    {
        WriteModel("llama");
        string without = new RandomAdapter().Write(_folder.File("without.gguf"), Model);
        new RandomAdapter { More = Norms }.Write(Adapter, Model);
        string alone = new RandomAdapter { Targets = _ => false, More = Norms }.Write(_folder.File("alone.gguf"), Model);
        foreach (string backend in Backends)
        {
            _log.Clear();
            float[][] expected = await ScoreAsync(await LoadAsync(backend, (without, 1)));
            Assert.Empty(_log.Warnings);
            Assert.Equal(expected, await ScoreAsync(await LoadAsync(backend, (Adapter, 1))));
            Assert.Contains("adapter.gguf holds 2 vectors of norms, such as blk.0.attn_norm.weight", Assert.Single(_log.Warnings), StringComparison.Ordinal);
            Assert.Equal(await ScoreAsync(await LoadAsync(backend)), await ScoreAsync(await LoadAsync(backend, (alone, 1))));
        }

        static void Norms(GgufWriter writer)
        {
            writer.AddTensor("blk.0.attn_norm.weight", [64], GgmlType.F32, new byte[4 * 64]);
            writer.AddTensor("output_norm.weight", [64], GgmlType.F32, new byte[4 * 64]);
        }
    }

    [Theory]
    [InlineData(GgmlType.F32, GgmlType.F16)]
    [InlineData(GgmlType.Q8_0, GgmlType.F32)]
    [InlineData(GgmlType.Q8_0, GgmlType.F16)]
    [InlineData(GgmlType.Q4_K, GgmlType.BF16)]
    public async Task Other_formats_match_llama_cpp(GgmlType weights, GgmlType factors)
    {
        new RandomLlama { Type = weights, Width = 256, Inner = 256 }.Write(Model);
        new RandomAdapter { Type = factors }.Write(Adapter, Model);
        float[][] theirs = await ScoreAsync(await LoadAsync("llama.cpp", (Adapter, 1)));
        float[][] exact = await ScoreAsync(await LoadAsync("reference", (Adapter, 1)));
        float[][] rounded = await ScoreAsync(await LoadAsync("reference", (Adapter, 1)), Arithmetic.Ggml);
        // With factors in F16 or BF16, activations keep more bits than with the weights.
        Assert.InRange(Agreement.Nmse(exact, theirs), 0, Agreement.EightBits);
        Assert.InRange(Agreement.Nmse(rounded, theirs), 0, Agreement.EightBits);
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
    public async Task Several_adapters_and_scales_add_up_and_a_missing_alpha_means_no_division()
    {
        WriteModel("llama");
        string other = new RandomAdapter { Seed = 6, Rank = 3, Alpha = null, Targets = name => name.Contains("ffn", StringComparison.Ordinal) }.Write(_folder.File("other.gguf"), Model);
        new RandomAdapter().Write(Adapter, Model);
        (string, float)[] both = [(Adapter, 0.5f), (other, -1.5f)];
        Assert.InRange(Agreement.OfRms(await ScoreAsync(await LoadAsync("reference", both)), await ScoreAsync(await LoadAsync("llama.cpp", both))), 0, Agreement.Floats);
    }

    [Fact]
    public async Task An_adapted_encoder_embeds_like_llama_cpp()
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

    public static TheoryData<string, GgmlType, GgmlType> Insides
    {
        get
        {
            var cases = new TheoryData<string, GgmlType, GgmlType>();
            foreach (string family in (string[])["llama", "llama with biases", "llama with fused weights", "gpt2", "t5", "t5encoder", "bert", "bert with a fused weight"])
            {
                cases.Add(family, GgmlType.F32, GgmlType.F32);
                cases.Add(family, GgmlType.Q8_0, GgmlType.F32);
                cases.Add(family, GgmlType.F32, GgmlType.F16);
                cases.Add(family, GgmlType.F16, GgmlType.Q8_0);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Insides))]
    public async Task A_tap_measures_every_op_of_an_adapter(string family, GgmlType weights, GgmlType factors)
    {
        WriteModel(family, weights);
        new RandomAdapter { Type = factors, Rank = 32, Embedding = true }.Write(Adapter, Model);
        LayerFindings findings = await LookAsync([(Adapter, 0.75f)], [(Adapter, 0.75f)]);
        Assert.True(findings.FirstDivergence is null, findings.Scope.Explanation);
        Assert.Empty(LayerFixture.Unmeasured(findings));
        foreach (string op in (string[])["lora_a", "lora_b", "scale("])
        {
            Assert.All(findings.Layers.Where(layer => layer.Name.Contains(op, StringComparison.Ordinal)), layer => Assert.NotNull(layer.Nmse));
            Assert.Contains(findings.Layers, layer => layer.Name.Contains(op, StringComparison.Ordinal) && layer.SideBySideNmse is not null);
        }
        Assert.Contains(findings.Layers, layer => layer is { Name: "embd", Op: "ADD", Status: "ok" });
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    public async Task Several_adapters_are_joined_in_whatever_order_llama_cpp_adds_them(string family)
    {
        WriteModel(family);
        (string, float)[] adapters =
        [
            .. new (int Rank, float Scale)[] { (4, 1), (4, -1.5f), (3, 0.5f) }
                .Select((one, i) => (new RandomAdapter { Seed = i, Rank = one.Rank, Embedding = true }.Write(_folder.File($"{i}.gguf"), Model), one.Scale)),
        ];
        LayerFindings findings = await LookAsync(adapters, adapters);
        Assert.True(findings.FirstDivergence is null, findings.Scope.Explanation);
        Assert.All(LayerFixture.Unmeasured(findings), op => Assert.Matches(@"^[a-z_]+\.lora(-\d)? ADD$", op)); // sums of some of the three
        Assert.Equal(findings.Layers.Count(layer => layer.Name.Contains("lora_a", StringComparison.Ordinal)) / 3 * 2, LayerFixture.Unmeasured(findings).Count());
        Assert.Contains("sums over some of the adapters, which llama.cpp adds in its own order", findings.Scope.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("blk.1.attn_v.weight", ".lora_a", "attn_v.lora_a-1")]
    [InlineData("blk.0.ffn_down.weight", ".lora_b", "ffn_down.lora_b-0")]
    [InlineData("token_embd.weight", ".lora_b", "token_embd.lora_b")]
    public async Task A_differing_factor_is_found_where_it_is(string weight, string factor, string op)
    {
        WriteModel("llama");
        new RandomAdapter { Embedding = true }.Write(Adapter, Model);
        byte[] bytes = File.ReadAllBytes(Adapter);
        using (GgufFile file = GgufFile.Open(Adapter))
        {
            unsafe
            {
                // One number of one factor, changed in place.
                GgufTensor tensor = file.FindTensor(weight + factor)!;
                byte[] data = new ReadOnlySpan<byte>(file.GetPointer(tensor), (int)tensor.ByteLength).ToArray();
                int at = bytes.AsSpan().IndexOf(data);
                BitConverter.TryWriteBytes(bytes.AsSpan(at), BitConverter.ToSingle(bytes, at) + 0.5f);
            }
        }
        string other = _folder.File("other.gguf");
        File.WriteAllBytes(other, bytes);
        LayerFindings findings = await LookAsync([(Adapter, 1)], [(other, 1)]);
        Assert.Equal(op, findings.FirstDivergence!.Name);
    }

    [Theory]
    [InlineData("general.type")]
    [InlineData("adapter.type")]
    [InlineData("general.architecture")]
    [InlineData("blk.9.attn_q.weight")]
    [InlineData("token_embd.weight")]
    [InlineData("expected (4, 320) from 'token_embd.weight' (64, 320), whose factors are turned, and rank 4, file has (64, 4)")]
    [InlineData("expected (3, 320) from 'token_embd.weight'")]
    [InlineData("'blk.0.attn_norm.weight' (64), which llama.cpp would load and not use")]
    [InlineData("'blk.0.attn_norm.bias'")]
    [InlineData("blk.0.attn_q.weight.lora_b")]
    [InlineData("lora_mid")]
    [InlineData("no tensors")]
    [InlineData("(64, 4)")]
    [InlineData("adapter.lora.alpha")]
    [InlineData("i32")]
    [InlineData("adapter.alora.invocation_tokens")]
    public async Task An_adapter_that_does_not_fit_the_model_is_refused_by_name_on_both_backends(string fault)
    {
        new RandomLlama { Tied = fault == "token_embd.weight" }.Write(Model);
        Action<GgufWriter> add(string name, params long[] shape) => writer =>
            writer.AddTensor(name, shape, GgmlType.F32, new byte[4 * shape.Aggregate((a, b) => a * b)]);
        RandomAdapter adapter = fault switch
        {
            "general.type" => new() { FileKind = "model" },
            "adapter.type" => new() { Kind = "dora" },
            "general.architecture" => new() { Architecture = "gpt2" },
            "blk.9.attn_q.weight" => new() { More = add("blk.9.attn_q.weight.lora_a", 64, 4) + add("blk.9.attn_q.weight.lora_b", 4, 64) },
            "token_embd.weight" => new() { More = add("token_embd.weight.lora_a", 64, 4) + add("token_embd.weight.lora_b", 4, 320) },
            _ when fault.StartsWith("expected (4", StringComparison.Ordinal) => new() { More = add("token_embd.weight.lora_a", 64, 4) + add("token_embd.weight.lora_b", 4, 320) },
            _ when fault.StartsWith("expected (3", StringComparison.Ordinal) => new() { More = add("token_embd.weight.lora_a", 4, 320) + add("token_embd.weight.lora_b", 3, 64) },
            _ when fault.Contains("attn_norm.weight", StringComparison.Ordinal) => new() { More = add("blk.0.attn_norm.weight.lora_a", 64, 4) + add("blk.0.attn_norm.weight.lora_b", 4, 1) },
            "'blk.0.attn_norm.bias'" => new() { More = add("blk.0.attn_norm.bias", 64) },
            "blk.0.attn_q.weight.lora_b" => new() { Targets = _ => false, More = add("blk.0.attn_q.weight.lora_a", 64, 4) },
            "lora_mid" => new() { More = add("blk.0.attn_q.weight.lora_mid", 64, 4) },
            "no tensors" => new() { Targets = _ => false },
            "(64, 4)" => new() { Targets = _ => false, More = add("blk.0.attn_q.weight.lora_a", 32, 4) + add("blk.0.attn_q.weight.lora_b", 4, 64) },
            "adapter.lora.alpha" => new() { Alpha = float.NaN },
            "i32" => new() { Type = GgmlType.I32 },
            _ => new() { More = writer => writer.SetMetadata(fault, new uint[] { 1 }) },
        };
        adapter.Write(Adapter, Model);
        foreach (string backend in Backends)
        {
            var error = await Assert.ThrowsAsync<ModelFileException>(() => LoadAsync(backend, (Adapter, 1)));
            Assert.Contains(fault, error.Message, StringComparison.Ordinal);
            Assert.Contains("adapter", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_model_or_a_missing_file_is_not_an_adapter()
    {
        WriteModel("llama");
        foreach (string backend in Backends)
        {
            Assert.Contains("general.type", (await Assert.ThrowsAsync<ModelFileException>(() => LoadAsync(backend, (Model, 1)))).Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ModelFileException>(() => LoadAsync(backend, (_folder.File("absent.gguf"), 1)));
            await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(backend, (Model, float.NaN)));
        }
    }

    private static readonly int[] Tokens = [1, 30, 77, 5, 120, 30, 9];

    private void WriteModel(string family, GgmlType type = GgmlType.F32) => _ = family switch
    {
        "llama" => new RandomLlama { Type = type, Inner = 128 }.Write(Model),
        "llama with biases" => new RandomLlama { Type = type, Inner = 128, Biases = true }.Write(Model),
        "llama with fused weights" => new RandomLlama { Type = type, Inner = 128, FusedQkv = true, Biases = true }.Write(Model),
        "gpt2" => new RandomGpt2 { Type = type }.Write(Model),
        "bert" => new RandomBert { Type = type, Inner = 128 }.Write(Model),
        "bert with a fused weight" => new RandomBert { Type = type, Inner = 128, FusedQkv = true }.Write(Model),
        "t5encoder" => new RandomT5 { Type = type, Inner = 128, EncoderOnly = true, Gated = true }.Write(Model),
        _ => new RandomT5 { Type = type, Inner = 128 }.Write(Model),
    };

    private async Task<LayerFindings> LookAsync((string, float)[] nativeAdapters, (string, float)[] referenceAdapters)
    {
        await using IModel native = await LoadAsync("llama.cpp", nativeAdapters), reference = await LoadAsync("reference", referenceAdapters);
        int[] target = [0, .. Tokens];
        return await LayerCheck.RunAsync(native, reference, Prompt.FromTokens(Tokens), new LayerOptions
        {
            Numerics = Numerics.Strict,
            Arithmetic = Arithmetic.Ggml,
            Target = native.Card.Capabilities.HasFlag(ModelCapabilities.Source) ? Prompt.FromTokens(target) : null,
        });
    }

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
        return (backend == "reference" ? (IModelBackend)new ReferenceBackend(_log) : new LlamaCppBackend(_log)).LoadAsync(options).AsTask();
    }

    private static async Task<float[][]> ScoreAsync(IModel model, Arithmetic arithmetic = Arithmetic.Exact)
    {
        await using (model)
        {
            var request = new ScoreRequest
            {
                Tokens = Prompt.FromTokens(model.Card.Capabilities.HasFlag(ModelCapabilities.Source) ? [0, .. Tokens] : Tokens),
                Source = model.Card.Capabilities.HasFlag(ModelCapabilities.Source) ? Prompt.FromTokens([7, 40, 41, 1]) : null,
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

    private sealed class Lines : ILogger<ReferenceBackend>, ILogger<LlamaCppBackend>
    {
        private readonly ConcurrentQueue<string> _warnings = [];

        public string[] Warnings => [.. _warnings];

        public void Clear() => _warnings.Clear();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId == GgufAdapter.UnusedVectors)
            {
                _warnings.Enqueue(formatter(state, exception));
            }
        }
    }
}
