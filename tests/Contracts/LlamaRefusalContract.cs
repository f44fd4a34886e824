using Engine;
using Engine.Sampling;
using InsufficientMemoryException = Engine.InsufficientMemoryException;

namespace Tests.Contracts;

/// <summary>Options, files and requests that llama.cpp would answer with an abort, a hang or nonsense, for every backend over it.</summary>
public abstract class LlamaRefusalContract : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The backend.</summary>
    protected abstract IModelBackend Backend { get; }

    /// <summary>How the backend's llama.cpp says that a file lacks a tensor.</summary>
    protected abstract string Missing(string tensor);

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private static ScoreRequest Score(params int[] tokens) => new() { Tokens = Prompt.FromTokens(tokens) };

    private ModelOptions Options(TinyModel model)
    {
        string path = _folder.File("model.gguf");
        model.Write(path).Dispose();
        return new() { Path = path, Device = "cpu" };
    }

    private static TinyModel Random(TinyModel model)
    {
        var random = new Xoshiro256(9);
        return model.Weights(() => (float)(random.NextCoin() - 0.5));
    }

    private Task<IModel> Load(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellation = default) =>
        Backend.LoadAsync(options, progress, cancellation).AsTask();

    private static async Task<float[][]> Rows(IModel model, ScoreRequest request) =>
        [.. (await model.ScoreAsync(request).ToListAsync()).SelectMany(block => Enumerable.Range(0, block.Rows).Select(row => block.Row(row).ToArray()))];

    [Theory]
    [InlineData("Path", "")]
    [InlineData("ContextLength", -1)]
    [InlineData("Slots", 0)]
    [InlineData("Threads", -1)]
    [InlineData("GpuLayers", -2)]
    public async Task An_invalid_option_is_refused_by_name(string name, object value)
    {
        var options = Options(TinyModel.Llama());
        typeof(ModelOptions).GetProperty(name)!.SetValue(options, value);
        Assert.Contains(name, (await Assert.ThrowsAsync<ConfigurationException>(() => Load(options))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2_000_000_000)]
    [InlineData(int.MaxValue)]
    public async Task A_context_that_memory_cannot_hold_is_refused_with_both_numbers(int length)
    {
        ModelOptions options = Options(TinyModel.Llama()) with { ContextLength = length };
        var error = await Assert.ThrowsAsync<InsufficientMemoryException>(() => Load(options));
        Assert.True(error.RequiredBytes > error.AvailableBytes);
    }

    [Fact]
    public async Task A_file_that_is_not_a_model_is_refused()
    {
        await Assert.ThrowsAsync<ModelFileException>(() => Load(new() { Path = _folder.File("absent.gguf") }));
        await Assert.ThrowsAsync<ModelFileException>(() => Load(new() { Path = _folder.File("text.gguf", "no model"u8.ToArray()) }));
    }

    [Fact]
    public async Task What_llama_cpp_says_of_a_file_it_refuses_is_in_the_message()
    {
        var error = await Assert.ThrowsAsync<ModelFileException>(() => Load(Options(TinyModel.Llama().Drop("output_norm.weight"))));
        Assert.Contains("output_norm", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousand_threads_are_as_many_as_there_are_cores()
    {
        ModelOptions options = Options(Random(TinyModel.Llama())) with { Threads = 1000 };
        await using var model = await Load(options);
        Assert.Equal(2, (await Rows(model, Score(1, 2))).Length);
    }

    [Fact]
    public async Task Loading_reports_progress_and_can_be_cancelled()
    {
        var options = Options(TinyModel.Llama());
        var seen = new Parts();
        await (await Load(options, seen, CancellationToken.None)).DisposeAsync();
        Assert.Equal(1, seen.Last);
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Load(options, new Parts { Then = cancellation.Cancel }, cancellation.Token));
    }

    [Fact]
    public async Task A_progress_that_throws_fails_the_loading_and_not_the_process() =>
        await Assert.ThrowsAsync<ModelFileException>(() => Load(Options(TinyModel.Llama()), new Parts { Then = () => throw new FormatException("odd") }));

    [Fact]
    public async Task Weights_that_are_not_finite_are_noticed_in_what_they_compute()
    {
        await using var model = await Load(Options(TinyModel.Llama().Weights(() => float.NaN)));
        await Assert.ThrowsAsync<NonFiniteLogitsException>(() => Rows(model, Score(1, 2)));
        await Assert.ThrowsAsync<NonFiniteLogitsException>(() => model.GenerateAsync(new() { Prompt = Prompt.FromTokens([1]) }).ToListAsync().AsTask());
    }

    [Fact]
    public async Task Learned_positions_end_where_they_end()
    {
        var options = Options(Random(TinyModel.Gpt2()));
        await using (var model = await Load(options))
        {
            Assert.Equal(32, (await Rows(model, Score([.. Enumerable.Range(0, 32)]))).Length);
            await Assert.ThrowsAsync<ContextLengthExceededException>(() => Rows(model, Score([.. Enumerable.Range(0, 33)])));
            var tokens = await model.GenerateAsync(new() { Prompt = Prompt.FromTokens([1]), IgnoreEndOfGeneration = true }).ToListAsync();
            Assert.Equal(FinishReason.ContextFull, tokens[^1].FinishReason);
        }
        await Assert.ThrowsAsync<ConfigurationException>(() => Load(options with { ContextLength = 33 }));
    }

    [Fact]
    public async Task A_prompt_goes_through_in_as_many_batches_as_it_needs()
    {
        ModelOptions options = Options(Random(TinyModel.Llama())) with { ContextLength = 400 }; // positions beyond the trained ones are allowed with RoPE
        await using var model = await Load(options);
        int[] tokens = [.. Enumerable.Range(0, 400).Select(i => i % 200)];
        Assert.Equal(400, (await Rows(model, Score(tokens))).Length);
        Assert.Equal(3, (await Rows(model, Score(tokens) with { FirstPosition = 397 })).Length);
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => Rows(model, Score([.. tokens, 1])));
        Assert.Single(await model.GenerateAsync(new() { Prompt = Prompt.FromTokens(tokens) }).ToListAsync());
        Assert.Equal(400, (await model.EmbedAsync(new() { Inputs = [Prompt.FromTokens(tokens)], Pooling = Pooling.None })).Rows.Count);
    }

    [Fact]
    public async Task An_encoder_embeds_and_does_nothing_else()
    {
        await using var model = await Load(Options(Random(TinyModel.Bert())));
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => Rows(model, Score(1)));
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => model.GenerateAsync(new() { Prompt = Prompt.FromText("a") }).ToListAsync().AsTask());
        var request = new EmbedRequest { Inputs = [Prompt.FromText("ab a"), Prompt.FromTokens([.. Enumerable.Repeat(4, 32)])] };
        Assert.Equal(2, (await model.EmbedAsync(request)).Rows.Count);
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => model.EmbedAsync(request with { Pooling = Pooling.Rank }).AsTask());
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => model.EmbedAsync(new() { Inputs = [Prompt.FromTokens([.. Enumerable.Repeat(4, 33)])] }).AsTask());
    }

    [Theory]
    [InlineData("enc.blk.0.attn_q.weight")]
    [InlineData("enc.output_norm.weight")]
    [InlineData("dec.blk.0.cross_attn_v.weight")]
    public async Task An_encoder_decoder_that_lacks_a_tensor_is_refused_by_its_name(string tensor)
    {
        var error = await Assert.ThrowsAsync<ModelFileException>(() => Load(Options(TinyModel.T5().Drop(tensor))));
        Assert.Contains(Missing(tensor), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_of_answers_that_is_no_token_is_refused()
    {
        var error = await Assert.ThrowsAsync<ModelFileException>(() => Load(Options(TinyModel.T5().Set("t5.decoder_start_token_id", 6u))));
        Assert.Contains("expected a token from 0 to 5, found 6", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_as_long_as_no_machine_holds_is_refused_with_both_numbers()
    {
        var error = await Assert.ThrowsAsync<InsufficientMemoryException>(() => Load(Options(TinyModel.T5().Set("t5.context_length", 2_000_000_000u))));
        Assert.True(error.RequiredBytes > error.AvailableBytes);
    }

    [Fact]
    public async Task What_an_encoder_alone_cannot_do_is_refused_verb_by_verb()
    {
        await using var model = await Load(Options(Random(TinyModel.T5Encoder())));
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => Rows(model, Score(1)));
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => model.GenerateAsync(new() { Prompt = Prompt.FromText("a") }).ToListAsync().AsTask());
        await Assert.ThrowsAsync<UnsupportedRequestException>(
            () => model.EmbedAsync(new() { Inputs = [Prompt.FromText("a")], Pooling = Pooling.Rank }).AsTask());
        Assert.Equal(3, (await model.EmbedAsync(new() { Inputs = [Prompt.FromTokens([4, 5, 1])], Pooling = Pooling.None })).Rows.Count);
    }

    [Fact]
    public async Task A_vocabulary_alone_splits_text_and_does_nothing_else()
    {
        ModelOptions options = Options(TinyModel.T5()) with { VocabularyOnly = true };
        await using var model = await Load(options);
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => Rows(model, Score(1) with { Source = Prompt.FromTokens([1]) }));
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => model.GenerateAsync(new() { Prompt = Prompt.FromText("a") }).ToListAsync().AsTask());
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => model.EmbedAsync(new() { Inputs = [Prompt.FromText("a")] }).AsTask());
        Assert.NotEmpty(model.Tokenizer.Encode("a b"));
    }

    [Fact]
    public async Task Without_a_vocabulary_there_are_ids_and_no_texts()
    {
        var tiny = Random(TinyModel.Llama()).Drop("tokenizer.ggml.tokens").Drop("tokenizer.ggml.token_type");
        await using var model = await Load(Options(tiny.Set("tokenizer.ggml.model", "no_vocab").Set("llama.vocab_size", 262u)));
        var tokens = await model.GenerateAsync(new() { Prompt = Prompt.FromTokens([1, 2]), MaxTokens = 3 }).ToListAsync();
        Assert.All(tokens, token => Assert.Equal("", token.Text));
        Assert.Equal(3, tokens.Count);
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => model.GenerateAsync(new() { Prompt = Prompt.FromText("a") }).ToListAsync().AsTask());
        await Assert.ThrowsAsync<UnsupportedRequestException>(
            () => model.GenerateAsync(new() { Prompt = Prompt.FromTokens([1]), Stop = ["a"] }).ToListAsync().AsTask());
        Assert.Throws<UnsupportedRequestException>(() => model.Tokenizer.GetBytes(0));
        Assert.Throws<UnsupportedRequestException>(() => model.Tokenizer.BeginningOfSequence);
        Assert.False(model.Tokenizer.IsEndOfGeneration(5));
    }

    [Theory]
    [InlineData(TokenizerRule.Trained)]
    [InlineData(TokenizerRule.Native)]
    public async Task A_character_that_the_vocabulary_cannot_say_is_refused(TokenizerRule rule)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", "▁", "a", "b", .. Enumerable.Range(0, 256).Select(i => $"word{i}")];
        await using var model = await Load(Options(TinyModel.Llama().Drop("tokenizer.ggml.token_type").Vocabulary("llama", tokens)) with { Tokenizer = rule });
        Assert.Equal([1, 3, 4, 5], model.Tokenizer.Encode("ab"));
        var error = Assert.Throws<UnsupportedRequestException>(() => model.Tokenizer.Encode("aé"));
        Assert.Contains("U+00E9", error.Message, StringComparison.Ordinal);
        Assert.Throws<UnsupportedRequestException>(() => model.Tokenizer.Encode("a\0"));
        Assert.Equal([1], model.Tokenizer.Encode(""));
    }

    private sealed class Parts : IProgress<float>
    {
        public float Last { get; private set; }

        public Action Then { get; init; } = () => { };

        public void Report(float value)
        {
            Last = value;
            Then();
        }
    }
}
