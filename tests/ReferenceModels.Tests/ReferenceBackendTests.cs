using Engine;
using Engine.Gguf;

namespace ReferenceModels.Tests;

public sealed class ReferenceBackendTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_card_says_what_was_loaded()
    {
        var random = new RandomLlama { Type = GgmlType.F16, Tied = true };
        await using IModel model = await ReferenceModelFixture.LoadAsync(random.Write(_folder.File("card.gguf")));
        Assert.Equal(("random", "llama", "reference", "cpu", "F16"), (model.Card.Name, model.Card.Architecture, model.Card.Backend, model.Card.Device, model.Card.FileType));
        Assert.Equal((320, 64, 2, 512, 512), (model.Card.VocabularySize, model.Card.EmbeddingLength, model.Card.Layers, model.Card.ContextLength, model.Card.TrainedContextLength));
        int perLayer = 64 + 64 * 64 + 2 * 32 * 64 + 64 * 64 + 64 + 3 * 64 * 112;
        Assert.Equal(320 * 64 + 64 + 2 * perLayer, model.Card.Parameters);
    }

    [Theory]
    [InlineData("cuda")]
    [InlineData("vulkan")]
    public async Task A_device_other_than_the_cpu_is_refused(string device)
    {
        string path = new RandomLlama().Write(_folder.File("device.gguf"));
        var refusal = await Assert.ThrowsAsync<DeviceUnavailableException>(async () =>
            await new ReferenceBackend().LoadAsync(new ModelOptions { Path = path, Device = device }));
        Assert.Contains($"'{device}'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 1, 0, "ContextLength")]
    [InlineData(0, 0, 0, "Slots")]
    [InlineData(0, 1, -1, "Threads")]
    public async Task Invalid_options_are_refused_by_name(int context, int slots, int threads, string name)
    {
        var options = new ModelOptions { Path = new RandomLlama().Write(_folder.File("options.gguf")), ContextLength = context, Slots = slots, Threads = threads };
        var refusal = await Assert.ThrowsAsync<ConfigurationException>(async () => await new ReferenceBackend().LoadAsync(options));
        Assert.Contains($"{name} is ", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(16)]
    public async Task A_file_may_have_any_alignment_of_the_format(int alignment)
    {
        Assert.Equal(await ScoreAsync(32), await ScoreAsync(alignment));

        async Task<float[][]> ScoreAsync(int aligned)
        {
            var random = new Random(3);
            string path = _folder.File($"aligned{aligned}.gguf");
            TinyModel.Llama().Weights(() => (float)random.NextDouble() - 0.5f).Write(path, aligned).Dispose();
            await using IModel model = await ReferenceModelFixture.LoadAsync(path);
            return await ReferenceModelFixture.ScoreAsync(model, [1, 260, 261]);
        }
    }

    [Fact]
    public async Task More_threads_than_cores_do_not_hang()
    {
        await using IModel model = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = new RandomLlama().Write(_folder.File("threads.gguf")), Threads = 1000 });
        Assert.Equal(2, (await ReferenceModelFixture.ScoreAsync(model, [1, 5])).Length);
    }

    [Fact]
    public async Task One_loaded_model_uses_the_arithmetic_of_each_request()
    {
        string path = new RandomLlama { Type = GgmlType.Q8_0, Width = 64, Inner = 64 }.Write(_folder.File("arithmetic.gguf"));
        await using IModel model = await ReferenceModelFixture.LoadAsync(path);
        float[][] exact = await ReferenceModelFixture.ScoreAsync(model, [1, 5, 9]);
        float[][] ggml = await ReferenceModelFixture.ScoreAsync(model, [1, 5, 9], Arithmetic.Ggml);
        Assert.NotEqual(exact, ggml);
        Assert.Equal(exact, await ReferenceModelFixture.ScoreAsync(model, [1, 5, 9]));
        await using IModel native = await ReferenceModelFixture.LoadNativeAsync(path, 0);
        float[][] theirs = await ReferenceModelFixture.ScoreAsync(native, [1, 5, 9]);
        // On every processor, llama.cpp rounds the activations as ggml's arithmetic does.
        Assert.True(10 * Agreement.Nmse(ggml, theirs) < Agreement.Nmse(exact, theirs));
    }

    [Theory]
    [InlineData(GgmlType.Q8_0)]
    [InlineData(GgmlType.Q4_K)]
    public async Task A_model_loaded_with_ggml_arithmetic_uses_it_in_production_for_every_verb_and_stays_exact_in_strict_numerics(GgmlType type)
    {
        var options = new ModelOptions { Path = new RandomLlama { Type = type, Width = 256, Inner = 256 }.Write(_folder.File("rounds.gguf")) };
        await using IModel exact = await new ReferenceBackend().LoadAsync(options), rounds = await new ReferenceBackend().LoadAsync(options with { Arithmetic = Arithmetic.Ggml });
        foreach (Func<IModel, Numerics, Arithmetic, Task<float[][]>> verb in (Func<IModel, Numerics, Arithmetic, Task<float[][]>>[])[ScoreAsync, GenerateAsync, EmbedAsync])
        {
            float[][] exactly = await verb(exact, Numerics.Production, Arithmetic.Exact), rounded = await verb(exact, Numerics.Production, Arithmetic.Ggml);
            Assert.NotEqual(exactly, rounded);
            Assert.Equal(rounded, await verb(rounds, Numerics.Production, Arithmetic.Exact));
            Assert.Equal(exactly, await verb(rounds, Numerics.Strict, Arithmetic.Exact));
            Assert.Equal(rounded, await verb(rounds, Numerics.Production, Arithmetic.Ggml));
            Assert.Equal(rounded, await verb(rounds, Numerics.Strict, Arithmetic.Ggml));
        }

        static async Task<float[][]> ScoreAsync(IModel model, Numerics numerics, Arithmetic arithmetic)
        {
            ScoreBlock block = await model.ScoreAsync(new() { Tokens = Prompt.FromTokens([1, 5, 9]), Numerics = numerics, Arithmetic = arithmetic }).SingleAsync();
            return [.. Enumerable.Range(0, block.Rows).Select(row => block.Row(row).ToArray())];
        }

        // With the batch in production, on a pass otherwise.
        static async Task<float[][]> GenerateAsync(IModel model, Numerics numerics, Arithmetic arithmetic)
        {
            var request = new GenerateRequest
            {
                Prompt = Prompt.FromTokens([1, 5, 9]),
                MaxTokens = 4,
                Sampling = SamplingOptions.Greedy,
                Logits = StepLogits.Full,
                Numerics = numerics,
                Arithmetic = arithmetic,
            };
            return [.. (await model.GenerateAsync(request).ToListAsync()).Select(token => token.Logits!)];
        }

        static async Task<float[][]> EmbedAsync(IModel model, Numerics numerics, Arithmetic arithmetic)
        {
            Embeddings embeddings = await model.EmbedAsync(new() { Inputs = [Prompt.FromTokens([1, 5, 9])], Pooling = Pooling.None, Numerics = numerics, Arithmetic = arithmetic });
            return [.. embeddings.Rows];
        }
    }

    [Fact]
    public async Task An_undefined_arithmetic_is_refused()
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(new RandomLlama().Write(_folder.File("unnamed.gguf")));
        var refusal = await Assert.ThrowsAsync<InvalidRequestException>(() => ReferenceModelFixture.ScoreAsync(model, [1], (Arithmetic)7));
        Assert.Contains("Arithmetic", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_architecture_is_refused_by_name()
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", "mamba");
        writer.AddTensor("token_embd.weight", [1, 1], GgmlType.F32, new byte[4]);
        writer.Write(_folder.File("mamba.gguf"));
        var refusal = await Assert.ThrowsAnyAsync<EngineException>(() => ReferenceModelFixture.LoadAsync(_folder.File("mamba.gguf")));
        Assert.Contains("'mamba'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_is_refused() =>
        await Assert.ThrowsAsync<ModelFileException>(() => ReferenceModelFixture.LoadAsync(_folder.File("absent.gguf")));

    [Fact]
    public async Task A_tensor_in_an_unsupported_format_is_refused_by_name()
    {
        string path = new RandomLlama { Type = GgmlType.I32, Width = 64, Inner = 64 }.Write(_folder.File("i32.gguf"));
        var refusal = await Assert.ThrowsAsync<ModelFileException>(() => ReferenceModelFixture.LoadAsync(path));
        Assert.Contains("'token_embd.weight'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("i32", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("attention.head_count", new[] { 4, 2 }, "expected the 4 of the first layer in every layer, found 2")]
    [InlineData("attention.head_count_kv", new[] { 2, 1 }, "expected the 2 of the first layer in every layer, found 1")]
    [InlineData("feed_forward_length", new[] { 112, 112, 112 }, "expected a number for each of the 2 layers, found 3 numbers")]
    [InlineData("feed_forward_length", new[] { 112, 96 }, "expected the 112 of the first layer in every layer, found 96")]
    [InlineData("feed_forward_length", new[] { 0, 0 }, "expected a number from 1 to 2147483647, found 0")]
    public async Task Per_layer_numbers_that_differ_are_refused(string key, int[] numbers, string expected)
    {
        string path = new RandomLlama { Metadata = w => w.SetMetadata($"llama.{key}", numbers) }.Write(_folder.File("layers.gguf"));
        var refusal = await Assert.ThrowsAsync<ModelFileException>(() => ReferenceModelFixture.LoadAsync(path));
        Assert.Contains($"'llama.{key}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_that_does_not_fit_in_memory_is_refused_with_both_numbers()
    {
        string path = new RandomLlama().Write(_folder.File("large.gguf"));
        var refusal = await Assert.ThrowsAsync<Engine.InsufficientMemoryException>(() => ReferenceModelFixture.LoadAsync(path, contextLength: int.MaxValue - 8));
        Assert.True(refusal.RequiredBytes > refusal.AvailableBytes && refusal.AvailableBytes > 0);
    }

    [Fact]
    public async Task A_model_with_a_vocabulary_of_ids_only_scores_and_generates()
    {
        var random = new RandomLlama
        {
            Tokenizer = "gpt2",
            Metadata = w =>
            {
                w.SetMetadata("tokenizer.ggml.pre", "unheard-of");
                w.SetMetadata("tokenizer.ggml.merges", []);
            },
        };
        await using IModel model = await ReferenceModelFixture.LoadAsync(random.Write(_folder.File("ids.gguf")));
        Assert.Equal(3, (await ReferenceModelFixture.ScoreAsync(model, [1, 4, 7])).Length);
        int generated = 0;
        await foreach (GeneratedToken token in model.GenerateAsync(new GenerateRequest { Prompt = Prompt.FromTokens([1, 4]), MaxTokens = 3, Sampling = SamplingOptions.Greedy }))
        {
            generated++;
        }
        Assert.Equal(3, generated);
        await Assert.ThrowsAsync<UnsupportedRequestException>(async () => await model.ScoreAsync(new ScoreRequest { Tokens = Prompt.FromText("t4") }).FirstAsync());
    }
}
