using Engine;

namespace Tests.Contracts;

/// <summary>What every model that scores and generates must do, with a source or without.</summary>
public abstract class GeneratorContract : ModelContract
{
    /// <summary>Asks for all rows of tokens.</summary>
    protected abstract ScoreRequest Score(params int[] tokens);

    /// <summary>What stands before the first generated token: the prompt, or the token with which answers begin.</summary>
    protected abstract int[] Begin(GenerateRequest request);

    protected override Task<float[][]> Answer(int[] tokens, CancellationToken cancellationToken = default) => Rows(Score(tokens), cancellationToken);

    protected GenerateRequest Greedy(int maxTokens) =>
        new() { Prompt = Prompt.FromTokens(Tokens(3)), MaxTokens = maxTokens, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true, Numerics = Numerics.Strict };

    protected Task<List<GeneratedToken>> Generate(GenerateRequest request) => Model.GenerateAsync(request).ToListAsync().AsTask();

    protected async Task<float[][]> Rows(ScoreRequest request, CancellationToken cancellationToken = default) =>
        [.. (await Model.ScoreAsync(request, cancellationToken).ToListAsync(cancellationToken)).SelectMany(block => Enumerable.Range(0, block.Rows).Select(row => block.Row(row).ToArray()))];

    [Fact]
    public async Task Blocks_hold_the_same_rows_however_they_are_cut()
    {
        var whole = await Rows(Score(Tokens(20)));
        var cut = await Rows(Score(Tokens(20)) with { BlockRows = 3 });
        var part = await Rows(Score(Tokens(20)) with { FirstPosition = 5, PositionCount = 7 });
        Assert.Equal(20, whole.Length);
        for (int p = 0; p < 20; p++)
        {
            Assert.True(Agreement.OfRms(whole[p], cut[p]) < 1e-3);
        }
        for (int p = 0; p < 7; p++)
        {
            Assert.True(Agreement.OfRms(whole[p + 5], part[p]) < 1e-3);
        }
    }

    [Fact]
    public async Task The_logits_of_a_generation_are_those_of_scoring_its_tokens()
    {
        var request = Greedy(12) with { Logits = StepLogits.Full };
        var generated = await Generate(request);
        int[] begin = Begin(request);
        var rows = await Rows(Score([.. begin, .. generated.Select(token => token.Token)]) with { FirstPosition = begin.Length - 1, PositionCount = 12 });
        for (int i = 0; i < 12; i++)
        {
            Assert.True(Agreement.OfRms(rows[i], generated[i].Logits!) < 1e-3);
            Assert.Equal(generated[i].Token, Array.IndexOf(generated[i].Logits!, generated[i].Logits!.Max()));
        }
    }

    [Fact]
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
            double tolerance = 2e-3 * Agreement.Rms(rows[p]); // of a logit and of the sum, as far as passes are apart
            Assert.Equal(rows[p][tokens[p + 1]] - sum, targets[p], tolerance);
            Assert.Equal(rows[p].Max() - sum, top[p][0].LogProbability, tolerance);
        }
    }

    [Fact]
    public async Task A_tokens_log_probability_follows_from_the_whole_row_of_its_step()
    {
        // Strict: the second run's logits are the first one's. Hot: unlikely tokens are among those drawn.
        var request = Greedy(8) with { Sampling = new() { Seed = 5, Temperature = 2, TopK = 0, TopP = 1, MinP = 0 }, Numerics = Numerics.Strict };
        var whole = await Generate(request with { Logits = StepLogits.Full });
        var top = await Generate(request with { Logits = StepLogits.TopK, TopK = 3 });
        Assert.Equal(whole.Select(token => token.Token), top.Select(token => token.Token));
        for (int i = 0; i < whole.Count; i++)
        {
            double largest = whole[i].Logits!.Max(), sum = largest + Math.Log(whole[i].Logits!.Sum(logit => Math.Exp(logit - largest)));
            double expected = whole[i].Logits![whole[i].Token] - sum;
            Assert.Equal(expected, top[i].LogProbability!.Value, 1e-6 * (1 - expected)); // float's rounding is 6e-8 of it
            Assert.Null(whole[i].LogProbability);
            Assert.Equal(3, top[i].TopK!.Count);
        }
    }

    [Fact]
    public async Task A_bias_rules_a_token_out_or_makes_it_certain_and_changes_no_reported_logit()
    {
        int usual = (await Generate(Greedy(1)))[0].Token, other = usual == 5 ? 6 : 5;
        var without = await Generate(Greedy(4) with { LogitBias = new Dictionary<int, float> { [usual] = float.NegativeInfinity } });
        Assert.DoesNotContain(usual, without.Select(token => token.Token));
        var sure = await Generate(Greedy(1) with { LogitBias = new Dictionary<int, float> { [other] = 1e6f }, Logits = StepLogits.TopK, TopK = 1 });
        Assert.Equal(other, sure[0].Token);
        Assert.Equal(usual, sure[0].TopK![0].Token);
        Assert.True(sure[0].LogProbability < sure[0].TopK![0].LogProbability);
        foreach (int none in new[] { -1, Model.Card.VocabularySize })
        {
            await Assert.ThrowsAsync<TokenOutOfRangeException>(() => Generate(Greedy(1) with { LogitBias = new Dictionary<int, float> { [none] = 1 } }));
        }
    }

    [Fact]
    public async Task Many_threads_get_the_text_that_one_gets()
    {
        int[] alone = [.. (await Generate(Greedy(16))).Select(token => token.Token)];
        var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Generate(Greedy(16)))));
        Assert.All(together, answer => Assert.Equal(alone, answer.Select(token => token.Token)));
    }

    [Fact]
    public async Task A_context_that_is_full_says_so()
    {
        var tokens = await Generate(Greedy(1000));
        Assert.Equal(FinishReason.ContextFull, tokens[^1].FinishReason);
        Assert.Equal(128 - Begin(Greedy(1)).Length + 1, tokens.Count);
        Assert.Equal(3, tokens[0].PromptTokens);
    }

    [Fact]
    public async Task An_invalid_request_is_refused_and_the_model_keeps_working()
    {
        await Assert.ThrowsAsync<InvalidRequestException>(() => Rows(Score(1, 2) with { FirstPosition = 2 }));
        await Assert.ThrowsAsync<InvalidRequestException>(() => Generate(Greedy(-1)));
        await Assert.ThrowsAsync<EmptyPromptException>(() => Generate(Greedy(1) with { Prompt = Prompt.FromTokens([]) }));
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => Generate(Greedy(1) with { Prompt = Prompt.FromTokens(Tokens(129)) }));
        await Assert.ThrowsAsync<TokenOutOfRangeException>(() => Generate(Greedy(1) with { Prompt = Prompt.FromTokens([-1]) }));
        var error = await Assert.ThrowsAsync<UnsupportedRequestException>(
            () => Model.EmbedAsync(new() { Inputs = [Prompt.FromText("a")], Pooling = Pooling.Rank }).AsTask());
        Assert.StartsWith($"Pooling by rank with {Model.Card.Name}: expected an encoder with a classifier head", error.Message, StringComparison.Ordinal);
        Assert.Single(await Generate(Greedy(1)));
    }

    [Fact]
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

    [Fact]
    public async Task Disposing_ends_what_runs_and_what_comes()
    {
        await using var tokens = Model.GenerateAsync(Greedy(100) with { Logits = StepLogits.Full }).GetAsyncEnumerator();
        Assert.True(await tokens.MoveNextAsync());
        await Model.DisposeAsync().AsTask().WaitAsync(Soon);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Generate(Greedy(1)));
    }

    [Fact]
    public async Task The_last_activation_is_the_logits()
    {
        var blocks = await Model.ScoreAsync(Score(Tokens(5)) with { Activations = ["result_output", "no_such_name"] }).ToListAsync();
        var output = Assert.Single(blocks[0].Activations);
        Assert.Equal([Model.Card.VocabularySize, 5L], output.Shape);
        Assert.True(Agreement.OfRms(output.Values, blocks[0].Logits!) < Agreement.Floats);
    }
}
