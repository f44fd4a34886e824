using Engine;
using Engine.Gguf;

namespace ReferenceModels.Tests.Models;

/// <summary>The managed GPT-2 against llama.cpp in strict numerics, on random weights of many shapes.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class Gpt2Tests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Shapes => [.. Cases.Keys];

    private static readonly Dictionary<string, RandomGpt2> Cases = new()
    {
        ["four heads"] = new(),
        ["one head"] = new() { H = 1, N = 1 },
        ["heads of an odd width"] = new() { Width = 63, H = 9, Inner = 91 },
        ["a width that no block divides"] = new() { Width = 42, H = 3, Inner = 77, N = 3 },
        ["two query heads per key/value head"] = new() { H = 8, G = 4 },
        ["one key/value head"] = new() { H = 4, G = 1 },
        ["a tied head"] = new() { Tied = true },
        ["a large epsilon"] = new() { Epsilon = 0.1f },
        ["a narrow feed-forward"] = new() { Inner = 24, Tied = true, N = 3 },
        ["more positions than a block of tokens"] = new() { Context = 300 },
        ["numbers once for each layer"] = new() { H = 4, G = 2, Inner = 96, Metadata = LayerNumbers.Of("gpt2", 4, 2, 96) },
        ["no vocabulary"] = new() { Vocabulary = false },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task In_F32_the_logits_are_those_of_llama_cpp_to_the_last_position(string shape)
    {
        RandomGpt2 gpt2 = Cases[shape];
        (float[][] exact, float[][] ggml, float[][] theirs) = await ScoreAsync(gpt2, gpt2.Tokens(gpt2.Context));
        // llama.cpp rounds GELU to F16. Measured: NMSE 3e-8 … 8e-8, at most 9e-4 … 1.7e-3 of the RMS.
        Assert.InRange(Agreement.Nmse(exact, theirs), 0, 1e-6);
        Assert.InRange(Agreement.OfRms(exact, theirs), 0, 5e-3);
        // With the same table only a value on the edge between two entries differs. Measured: 2e-13 … 3e-10, and 1e-5 … 3e-4.
        Assert.InRange(Agreement.Nmse(ggml, theirs), 0, 3e-9);
        Assert.InRange(Agreement.OfRms(ggml, theirs), 0, 1.5e-3);
    }

    [Theory]
    // llama.cpp rounds activations. NMSE measured over three seeds, in exact and in ggml arithmetic: F16 1.5e-7 and 7e-8, BF16 8e-6 and
    // 1.3e-6, Q8_0, Q4_0, Q4_K, Q6_K up to 2.4e-4 and 6e-5 (or 3e-14 where no rounding went the other way). The limits are five times that.
    [InlineData(GgmlType.F16, 7.5e-7, 3.5e-7)]
    [InlineData(GgmlType.BF16, 4e-5, 6.5e-6)]
    [InlineData(GgmlType.Q8_0, 1.2e-3, 3e-4)]
    [InlineData(GgmlType.Q4_0, 1.2e-3, 3e-4)]
    [InlineData(GgmlType.Q4_K, 1.2e-3, 3e-4)]
    [InlineData(GgmlType.Q6_K, 1.2e-3, 3e-4)]
    public async Task In_other_types_the_logits_are_near_those_of_llama_cpp(GgmlType type, double exactLimit, double ggmlLimit)
    {
        RandomGpt2 gpt2 = new() { Type = type, Width = 256, Inner = 512, H = 8 };
        (float[][] exact, float[][] ggml, float[][] theirs) = await ScoreAsync(gpt2, gpt2.Tokens(40));
        Assert.InRange(Agreement.Nmse(exact, theirs), 0, exactLimit);
        Assert.InRange(Agreement.Nmse(ggml, theirs), 0, ggmlLimit);
    }

    [Theory]
    [InlineData(Pooling.None)]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Last)]
    public async Task Embeddings_are_those_of_llama_cpp(Pooling pooling)
    {
        RandomGpt2 gpt2 = new();
        string path = gpt2.Write(_folder.File("random.gguf"));
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens(gpt2.Tokens(30)), Prompt.FromTokens(gpt2.Tokens(7))], Pooling = pooling, Numerics = Numerics.Strict };
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, gpt2.Context);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, gpt2.Context);
        float[][] a = [.. (await ours.EmbedAsync(request)).Rows], b = [.. (await theirs.EmbedAsync(request)).Rows];
        Assert.InRange(Agreement.Nmse(a, b), 0, 1e-6);
        Assert.InRange(Agreement.OfRms(a, b), 0, 5e-3);
    }

    [Fact]
    public async Task Tokens_score_the_same_one_by_one_and_all_at_once()
    {
        RandomGpt2 gpt2 = new();
        string path = gpt2.Write(_folder.File("random.gguf"));
        await using IModel model = await ReferenceModelFixture.LoadAsync(path, gpt2.Context);
        var request = new GenerateRequest { Prompt = Prompt.FromTokens(gpt2.Tokens(gpt2.Context - 20)), MaxTokens = 20, Sampling = SamplingOptions.Greedy };
        List<int> generated = [];
        await foreach (GeneratedToken token in model.GenerateAsync(request))
        {
            generated.Add(token.Token);
        }
        int prompt = gpt2.Context - 20;
        float[][] rows = await ReferenceModelFixture.ScoreAsync(model, [.. gpt2.Tokens(prompt), .. generated]);
        Assert.NotEmpty(generated);
        Assert.Equal(generated, generated.Select((_, i) => rows[prompt - 1 + i].Index().MaxBy(entry => entry.Item).Index));
    }

    [Fact]
    public async Task There_are_no_more_positions_than_were_learned()
    {
        RandomGpt2 gpt2 = new() { Context = 24 };
        string path = gpt2.Write(_folder.File("random.gguf"));
        await Assert.ThrowsAsync<ConfigurationException>(() => ReferenceModelFixture.LoadAsync(path, 25));
        await using IModel model = await ReferenceModelFixture.LoadAsync(path);
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => ReferenceModelFixture.ScoreAsync(model, gpt2.Tokens(25)));
    }

    [Theory]
    [InlineData("attn_qkv.bias")]
    [InlineData("attn_output.bias")]
    [InlineData("ffn_up.bias")]
    [InlineData("ffn_down.bias")]
    public async Task A_bias_that_llama_cpp_requires_is_required(string bias)
    {
        string path = new RandomGpt2 { Without = bias }.Write(_folder.File("random.gguf"));
        var refusal = await Assert.ThrowsAsync<ModelFileException>(() => ReferenceModelFixture.LoadAsync(path));
        Assert.Contains($"'blk.0.{bias}'", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<EngineException>(() => ReferenceModelFixture.LoadNativeAsync(path, 64));
    }

    [Fact]
    public async Task Heads_that_do_not_divide_the_width_are_refused()
    {
        string path = new RandomGpt2 { Metadata = w => w.SetMetadata("gpt2.attention.key_length", 8u) }.Write(_folder.File("random.gguf"));
        await Assert.ThrowsAsync<ModelFileException>(() => ReferenceModelFixture.LoadAsync(path));
    }

    private async Task<(float[][] Exact, float[][] Ggml, float[][] Theirs)> ScoreAsync(RandomGpt2 gpt2, int[] tokens)
    {
        string path = gpt2.Write(_folder.File("random.gguf"));
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, gpt2.Context);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, gpt2.Context);
        return (await ReferenceModelFixture.ScoreAsync(ours, tokens), await ReferenceModelFixture.ScoreAsync(ours, tokens, Arithmetic.Ggml), await ReferenceModelFixture.ScoreAsync(theirs, tokens));
    }
}
