using Engine;

namespace Tests.Contracts;

/// <summary>What every backend's model must do, of whatever family. A backend runs it by a subclass of one of the contracts below that
/// gives the model: a small one with a vocabulary, a context of 128 and one slot.</summary>
public abstract class ModelContract : IAsyncLifetime
{
    /// <summary>Longer than any answer here takes.</summary>
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("engine-tests-");
    private IModel? _model;

    protected IModel Model => _model ?? throw new InvalidOperationException("The model is loaded before each test.");

    /// <summary>What the family can be asked, replay apart.</summary>
    protected abstract ModelCapabilities Capabilities { get; }

    /// <summary>The model's first answer to tokens: its rows.</summary>
    protected abstract Task<float[][]> Answer(int[] tokens, CancellationToken cancellationToken = default);

    /// <summary>Loads a model from its own file in a folder that is deleted with the test.</summary>
    /// <param name="file">Where to write it.</param>
    protected abstract ValueTask<IModel> LoadAsync(string file);

    public async Task InitializeAsync() => _model = await LoadAsync(Path.Combine(_folder.FullName, "model.gguf"));

    public async Task DisposeAsync()
    {
        if (_model is not null)
        {
            await _model.DisposeAsync();
        }
        _folder.Delete(recursive: true);
    }

    protected int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 37 + 11) % Model.Card.VocabularySize)];


    [Fact]
    public void The_card_says_what_is_loaded()
    {
        Assert.Equal(128, Model.Card.ContextLength);
        Assert.True(Model.Card.Parameters > 0);
        Assert.Equal(Model.Tokenizer.VocabularySize, Model.Card.VocabularySize);
        Assert.Equal(Capabilities, Model.Card.Capabilities & ~(ModelCapabilities.Replay | ModelCapabilities.Segments));
        Assert.Equal(Capabilities.HasFlag(ModelCapabilities.Source), Model.Card.DecoderStartToken is not null);
    }

    [Fact]
    public async Task A_prompt_that_does_not_fit_is_refused_with_both_numbers()
    {
        var error = await Assert.ThrowsAsync<ContextLengthExceededException>(() => Answer(Tokens(129)));
        Assert.Equal((129, 128), (error.PromptTokens, error.ContextLength));
        Assert.Equal(128, (await Answer(Tokens(128))).Length);
        Assert.Single(await Answer(Tokens(1)));
    }

    [Fact]
    public async Task Invalid_tokens_are_refused_and_the_model_keeps_working()
    {
        await Assert.ThrowsAsync<TokenOutOfRangeException>(() => Answer([0, Model.Card.VocabularySize]));
        await Assert.ThrowsAsync<TokenOutOfRangeException>(() => Answer([0, -1]));
        await Assert.ThrowsAsync<EmptyPromptException>(() => Answer([]));
        Assert.Equal(2, (await Answer([0, 1])).Length);
    }

    [Fact]
    public async Task Many_threads_get_the_answer_that_one_gets()
    {
        float[][] alone = await Answer(Tokens(16));
        var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Answer(Tokens(16)))));
        Assert.All(together, answer => Assert.True(Agreement.OfRms(alone[^1], answer[^1]) < Agreement.Floats));
    }

    [Fact]
    public async Task A_request_that_is_cancelled_before_it_runs_does_not_run()
    {
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Answer(Tokens(16), new CancellationToken(canceled: true)));
        Assert.True(error.CancellationToken.IsCancellationRequested);
        Assert.Equal(16, (await Answer(Tokens(16)).WaitAsync(Soon)).Length);
    }

    [Fact]
    public async Task A_disposed_model_answers_no_more_requests()
    {
        await Model.DisposeAsync().AsTask().WaitAsync(Soon);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Answer(Tokens(1)));
    }

    [Fact]
    public async Task Embeddings_are_pooled_from_the_rows_of_the_tokens()
    {
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens(Tokens(5)), Prompt.FromTokens(Tokens(2))], Numerics = Numerics.Strict };
        async Task<IReadOnlyList<float[]>> Pool(Pooling pooling) => (await Model.EmbedAsync(request with { Pooling = pooling })).Rows;
        var rows = await Pool(Pooling.None);
        Assert.Equal(7, rows.Count);
        Assert.All(rows, row => Assert.Equal(Model.Card.EmbeddingLength, row.Length));
        var mean = Enumerable.Range(0, rows[0].Length).Select(i => rows.Take(5).Average(row => row[i])).ToArray();
        Assert.True(Agreement.OfRms(mean, (await Pool(Pooling.Mean))[0]) < Agreement.Floats);
        Assert.True(Agreement.OfRms(rows[0], (await Pool(Pooling.Cls))[0]) < Agreement.Floats);
        Assert.True(Agreement.OfRms(rows[6], (await Pool(Pooling.Last))[1]) < Agreement.Floats);
    }

    [Fact]
    public async Task Normalized_embeddings_have_the_length_of_one_and_their_direction()
    {
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens(Tokens(5))], Numerics = Numerics.Strict };
        float[] plain = Assert.Single((await Model.EmbedAsync(request)).Rows), unit = Assert.Single((await Model.EmbedAsync(request with { Normalize = true })).Rows);
        double length = Math.Sqrt(plain.Sum(value => (double)value * value));
        Assert.Equal(1, unit.Sum(value => (double)value * value), 1e-5);
        Assert.True(Agreement.OfRms([.. plain.Select(value => (float)(value / length))], unit) < Agreement.Floats);
        await Assert.ThrowsAsync<InvalidRequestException>(() => Model.EmbedAsync(request with { Pooling = Pooling.Rank, Normalize = true }).AsTask());
        await Assert.ThrowsAsync<InvalidRequestException>(() => Model.EmbedAsync(request with { Inputs = [] }).AsTask());
    }

    [Fact]
    public void Ids_out_of_range_are_refused_by_the_tokenizer()
    {
        Assert.Throws<TokenOutOfRangeException>(() => Model.Tokenizer.GetBytes(-1));
        Assert.Throws<TokenOutOfRangeException>(() => Model.Tokenizer.GetPiece(Model.Tokenizer.VocabularySize));
        Assert.Throws<TokenOutOfRangeException>(() => Model.Tokenizer.Decode([0, int.MaxValue]));
        Assert.False(Model.Tokenizer.IsEndOfGeneration(int.MinValue));
    }
}
