using Engine;

namespace Tests.Contracts;

/// <summary>What every backend's model must do. A backend runs it by a subclass that gives the model: a small decoder-only
/// one with a vocabulary, a context of 128 and one slot.</summary>
public abstract class ModelContract : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private IModel? _model;

    protected IModel Model => _model ?? throw new InvalidOperationException("The model is loaded before each test.");

    protected abstract ValueTask<IModel> LoadAsync();

    public async Task InitializeAsync() => _model = await LoadAsync();

    public async Task DisposeAsync()
    {
        if (_model is not null)
        {
            await _model.DisposeAsync();
        }
    }

    private int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 37 + 11) % Model.Card.VocabularySize)];

    private static ScoreRequest Score(params int[] tokens) => new() { Tokens = Prompt.FromTokens(tokens), Numerics = Numerics.Strict };

    private GenerateRequest Greedy(int maxTokens) =>
        new() { Prompt = Prompt.FromTokens(Tokens(3)), MaxTokens = maxTokens, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true, Numerics = Numerics.Strict };

    private Task<List<GeneratedToken>> Generate(GenerateRequest request) => Model.GenerateAsync(request).ToListAsync().AsTask();

    private async Task<float[][]> Rows(ScoreRequest request) =>
        [.. (await Model.ScoreAsync(request).ToListAsync()).SelectMany(block => Enumerable.Range(0, block.Rows).Select(row => block.Row(row).ToArray()))];

    private static double Difference(IReadOnlyList<float> a, IReadOnlyList<float> b) => a.Zip(b, (x, y) => (double)Math.Abs(x - y)).Max();

    [SharedFact]
    public void The_card_says_what_is_loaded()
    {
        Assert.Equal(128, Model.Card.ContextLength);
        Assert.True(Model.Card.Parameters > 0);
        Assert.Equal(Model.Tokenizer.VocabularySize, Model.Card.VocabularySize);
        Assert.True(Model.Card.Abilities.HasFlag(ModelAbilities.Score | ModelAbilities.Generate));
    }

    [SharedFact]
    public async Task Blocks_hold_the_same_rows_however_they_are_cut()
    {
        var whole = await Rows(Score(Tokens(20)));
        var cut = await Rows(Score(Tokens(20)) with { BlockRows = 3 });
        var part = await Rows(Score(Tokens(20)) with { FirstPosition = 5, PositionCount = 7 });
        Assert.Equal(20, whole.Length);
        for (int p = 0; p < 20; p++)
        {
            Assert.True(Difference(whole[p], cut[p]) < 1e-3);
        }
        for (int p = 0; p < 7; p++)
        {
            Assert.True(Difference(whole[p + 5], part[p]) < 1e-3);
        }
    }

    [SharedFact]
    public async Task The_logits_of_a_generation_are_those_of_scoring_its_tokens()
    {
        var request = Greedy(12) with { Logits = StepLogits.Full };
        var generated = await Generate(request);
        int[] all = [.. Tokens(3), .. generated.Select(token => token.Token)];
        var rows = await Rows(Score(all) with { FirstPosition = 2, PositionCount = 12 });
        for (int i = 0; i < 12; i++)
        {
            Assert.True(Difference(rows[i], generated[i].Logits!) < 1e-3);
            Assert.Equal(generated[i].Token, Array.IndexOf(generated[i].Logits!, generated[i].Logits!.Max()));
        }
    }

    [SharedFact]
    public async Task Log_probabilities_and_the_most_probable_follow_from_the_logits()
    {
        int[] tokens = Tokens(6);
        var rows = await Rows(Score(tokens));
        var targets = Assert.Single(await Model.ScoreAsync(Score(tokens) with { Form = ScoreForm.TargetLogProbability }).ToListAsync()).TargetLogProbabilities!;
        var top = Assert.Single(await Model.ScoreAsync(Score(tokens) with { Form = ScoreForm.TopK, TopK = 3 }).ToListAsync()).TopK!;
        Assert.Equal(5, targets.Length);
        for (int p = 0; p < 5; p++)
        {
            double sum = Math.Log(rows[p].Sum(logit => Math.Exp(logit)));
            Assert.Equal(rows[p][tokens[p + 1]] - sum, targets[p], 1e-3);
            Assert.Equal(rows[p].Max() - sum, top[p][0].LogProbability, 1e-3);
        }
    }

    [SharedFact]
    public async Task Many_threads_get_the_answer_that_one_gets()
    {
        int[] alone = [.. (await Generate(Greedy(16))).Select(token => token.Token)];
        var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Generate(Greedy(16)))));
        Assert.All(together, answer => Assert.Equal(alone, answer.Select(token => token.Token)));
    }

    [SharedFact]
    public async Task A_context_that_is_full_says_so()
    {
        var tokens = await Generate(Greedy(1000));
        Assert.Equal(FinishReason.ContextFull, tokens[^1].FinishReason);
        Assert.Equal(128 - 3 + 1, tokens.Count);
        Assert.Equal(3, tokens[0].PromptTokens);
    }

    [SharedFact]
    public async Task A_prompt_that_does_not_fit_is_refused_with_both_numbers()
    {
        var error = await Assert.ThrowsAsync<ContextLengthExceededException>(() => Rows(Score(Tokens(129))));
        Assert.Equal((129, 128), (error.PromptTokens, error.ContextLength));
        Assert.Equal(128, (await Rows(Score(Tokens(128)))).Length);
    }

    [SharedFact]
    public async Task What_makes_no_sense_is_refused_and_the_model_goes_on()
    {
        await Assert.ThrowsAsync<TokenOutOfRangeException>(() => Rows(Score(0, Model.Card.VocabularySize)));
        await Assert.ThrowsAsync<TokenOutOfRangeException>(() => Rows(Score(0, -1)));
        await Assert.ThrowsAsync<EmptyPromptException>(() => Rows(Score()));
        await Assert.ThrowsAsync<InvalidRequestException>(() => Rows(Score(1, 2) with { FirstPosition = 2 }));
        await Assert.ThrowsAsync<InvalidRequestException>(() => Generate(Greedy(-1)));
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => Rows(Score(1) with { Source = Prompt.FromText("a") }));
        await Assert.ThrowsAsync<UnsupportedRequestException>(
            () => Model.EmbedAsync(new() { Inputs = [Prompt.FromText("a")], Pooling = Pooling.Rank }).AsTask());
        Assert.Single(await Generate(Greedy(1)));
    }

    [SharedFact]
    public async Task A_cancelled_request_ends_and_the_next_one_is_served()
    {
        using var cancellation = new CancellationTokenSource();
        var seen = new List<GeneratedToken>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var token in Model.GenerateAsync(Greedy(100), cancellation.Token))
            {
                seen.Add(token);
                await cancellation.CancelAsync();
            }
        });
        Assert.NotEmpty(seen);
        Assert.Equal(4, (await Generate(Greedy(4)).WaitAsync(Soon)).Count);
    }

    [SharedFact]
    public async Task Disposing_ends_what_runs_and_what_comes()
    {
        await using var tokens = Model.GenerateAsync(Greedy(100) with { Logits = StepLogits.Full }).GetAsyncEnumerator();
        Assert.True(await tokens.MoveNextAsync());
        await Model.DisposeAsync().AsTask().WaitAsync(Soon);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Generate(Greedy(1)));
    }

    [SharedFact]
    public async Task Embeddings_are_pooled_from_the_rows_of_the_tokens()
    {
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens(Tokens(5)), Prompt.FromTokens(Tokens(2))], Numerics = Numerics.Strict };
        async Task<IReadOnlyList<float[]>> Pool(Pooling pooling) => (await Model.EmbedAsync(request with { Pooling = pooling })).Rows;
        var rows = await Pool(Pooling.None);
        Assert.Equal(7, rows.Count);
        Assert.All(rows, row => Assert.Equal(Model.Card.EmbeddingLength, row.Length));
        var mean = Enumerable.Range(0, rows[0].Length).Select(i => rows.Take(5).Average(row => row[i])).ToArray();
        Assert.True(Difference(mean, (await Pool(Pooling.Mean))[0]) < 1e-4);
        Assert.True(Difference(rows[0], (await Pool(Pooling.Cls))[0]) < 1e-4);
        Assert.True(Difference(rows[6], (await Pool(Pooling.Last))[1]) < 1e-4);
    }

    [SharedFact]
    public async Task Activations_come_by_name_and_the_last_is_the_logits()
    {
        var blocks = await Model.ScoreAsync(Score(Tokens(5)) with { Activations = ["result_output", "l_out-0", "no_such_name"] }).ToListAsync();
        var output = Assert.Single(blocks[0].Activations, a => a.Name == "result_output");
        Assert.Equal([Model.Card.VocabularySize, 5L], output.Shape);
        Assert.True(Difference(output.Values, blocks[0].Logits!) < 1e-6);
        Assert.Equal([Model.Card.EmbeddingLength, 5L], Assert.Single(blocks[0].Activations, a => a.Name == "l_out-0").Shape);
        Assert.DoesNotContain(blocks[0].Activations, a => a.Name == "no_such_name");
    }

    [SharedFact]
    public void Text_survives_the_tokenizer()
    {
        foreach (string text in new[] { "Once upon a time", "naïve café", "emoji 😀 and \0 zero", "  two  blanks " })
        {
            Assert.Contains(text, Model.Tokenizer.Decode(Model.Tokenizer.Encode(text, addSpecial: false)), StringComparison.Ordinal);
        }
        Assert.Contains("\uFFFD", Model.Tokenizer.Decode(Model.Tokenizer.Encode("a\uD800b")), StringComparison.Ordinal);
        Assert.Throws<TokenOutOfRangeException>(() => Model.Tokenizer.GetBytes(-1));
        Assert.Throws<TokenOutOfRangeException>(() => Model.Tokenizer.GetPiece(Model.Tokenizer.VocabularySize));
        Assert.Throws<TokenOutOfRangeException>(() => Model.Tokenizer.Decode([0, int.MaxValue]));
        Assert.False(Model.Tokenizer.IsEndOfGeneration(int.MinValue));
    }
}
