using Engine.Serving;

namespace Engine.Tests.Serving;

public sealed class ServedModelTests
{
    private static readonly ServingOptions One = new();

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static GenerateRequest Greedy(string prompt = "") => new() { Prompt = Prompt.FromText(prompt), Sampling = SamplingOptions.Greedy };

    private static ScoreRequest Score(params int[] tokens) => new() { Tokens = Prompt.FromTokens(tokens) };

    private static Task<List<GeneratedToken>> Generate(ServedModel model, GenerateRequest? request = null, CancellationToken cancellation = default) =>
        model.GenerateAsync(request ?? Greedy(), cancellation).ToListAsync(CancellationToken.None).AsTask();

    [Fact]
    public async Task A_chat_template_takes_the_place_of_the_files_default_one()
    {
        ModelCard own = new ScriptedModel().Card with { ChatTemplates = new Dictionary<string, string> { [ModelCard.DefaultChatTemplate] = "own", ["tool_use"] = "tools" } };
        await using var model = new ServedModel(new ScriptedModel { Card = own }, ServingOptions.Of(new ModelOptions { ChatTemplate = "plain" }));
        Assert.Equal("Hi.", Engine.Chat.ChatTemplate.FromModel(model)!.Render(new() { Messages = [new("user", "Hi.")] }).Text);
        Assert.Equal("tools", model.Card.ChatTemplates["tool_use"]);
        await using var silent = new ServedModel(new ScriptedModel { Card = own }, ServingOptions.Of(new ModelOptions { ChatTemplate = " " }));
        Assert.Equal("own", silent.Card.ChatTemplates[ModelCard.DefaultChatTemplate]);
    }

    [Fact]
    public void An_invalid_chat_template_is_refused_and_the_model_released()
    {
        var scripted = new ScriptedModel();
        var refusal = Assert.Throws<ConfigurationException>(() => new ServedModel(scripted, new() { ChatTemplate = "chatlm" }));
        Assert.Contains("Did you mean 'chatml'?", refusal.Message, StringComparison.Ordinal);
        Assert.True(scripted.Disposed);
    }

    [Fact]
    public async Task A_prompt_without_tokens_is_refused()
    {
        await using var model = new ServedModel(new ScriptedModel { Tokenizer = new ScriptedModel.Bytes { Bos = null } }, One);
        await Assert.ThrowsAsync<EmptyPromptException>(() => Generate(model));
        await Assert.ThrowsAsync<EmptyPromptException>(() => model.ScoreAsync(Score()).ToListAsync().AsTask());
    }

    [Fact]
    public async Task A_prompt_longer_than_the_context_is_refused_with_both_numbers()
    {
        await using var model = new ServedModel(new ScriptedModel(), One);
        var error = await Assert.ThrowsAsync<ContextLengthExceededException>(() => Generate(model, Greedy(new string('a', 16))));
        Assert.Equal((17, 16), (error.PromptTokens, error.ContextLength));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(ScriptedModel.Vocabulary)]
    [InlineData(int.MinValue)]
    public async Task A_token_out_of_range_is_refused(int token)
    {
        await using var model = new ServedModel(new ScriptedModel(), One);
        var error = await Assert.ThrowsAsync<TokenOutOfRangeException>(() => model.ScoreAsync(Score(1, token)).ToListAsync().AsTask());
        Assert.Equal(token, error.Token);
    }

    [Theory]
    [InlineData(3, null)]
    [InlineData(0, 4)]
    [InlineData(1, int.MaxValue)]
    public async Task Positions_beyond_the_tokens_are_refused(int first, int? count)
    {
        await using var model = new ServedModel(new ScriptedModel(), One);
        await Assert.ThrowsAsync<InvalidRequestException>(
            () => model.ScoreAsync(Score(1, 2, 3) with { FirstPosition = first, PositionCount = count }).ToListAsync().AsTask());
    }

    [Fact]
    public async Task A_request_without_a_seed_draws_anew_and_one_with_a_seed_repeats_itself()
    {
        await using var model = new ServedModel(new ScriptedModel(), One);
        async Task<int[]> Tokens(ulong? seed) =>
            [.. (await Generate(model, Greedy() with { Sampling = new() { Temperature = 1e4f, TopK = 0, TopP = 1, MinP = 0, Seed = seed } })).Select(t => t.Token)];
        Assert.Equal(await Tokens(5), await Tokens(5));
        Assert.NotEqual(await Tokens(null), await Tokens(null));
    }

    [Fact]
    public async Task Rows_come_in_blocks_of_the_size_asked_for()
    {
        var scripted = new ScriptedModel();
        await using var model = new ServedModel(scripted, One);
        var blocks = await model.ScoreAsync(Score(1, 2, 3, 4, 5, 6) with { FirstPosition = 1, BlockRows = 2 }).ToListAsync();
        Assert.Equal([(1, 2), (3, 2), (5, 1)], blocks.Select(b => (b.FirstPosition, b.Rows)));
        Assert.Equal(scripted.Row([1, 2, 3, 4]), blocks[1].Row(0).ToArray());
        Assert.Equal(ScriptedModel.Vocabulary, blocks[2].Logits!.Length);
    }

    [Fact]
    public async Task Log_probabilities_are_those_of_the_next_tokens()
    {
        var scripted = new ScriptedModel();
        await using var model = new ServedModel(scripted, One);
        var blocks = await model.ScoreAsync(Score('a', 'o', 'k') with { Form = ScoreForm.TargetLogProbability }).ToListAsync();
        var block = Assert.Single(blocks);
        double sum = scripted.Row(['a']).Sum(logit => Math.Exp(logit));
        Assert.Equal(2, block.Rows);
        Assert.Equal(10 - Math.Log(sum), block.TargetLogProbabilities![0], 1e-6);
        Assert.Null(block.Logits);
        await Assert.ThrowsAsync<InvalidRequestException>(
            () => model.ScoreAsync(Score('a') with { Form = ScoreForm.TargetLogProbability }).ToListAsync().AsTask());
    }

    [Fact]
    public async Task Top_k_rows_hold_the_most_probable_tokens()
    {
        await using var model = new ServedModel(new ScriptedModel(), One);
        var block = Assert.Single(await model.ScoreAsync(Score('a', 'o') with { Form = ScoreForm.TopK, TopK = 3 }).ToListAsync());
        Assert.Equal(['o', 257, 256], block.TopK![0].Select(t => t.Token));
        Assert.Equal(['k', 257, 256], block.TopK[1].Select(t => t.Token));
    }

    [Fact]
    public async Task Activations_come_with_the_first_block()
    {
        var scripted = new ScriptedModel();
        await using var model = new ServedModel(scripted, One);
        var blocks = await model.ScoreAsync(Score(1, 2, 3) with { BlockRows = 2, Activations = ["embd", "l_out-0", "embd"] }).ToListAsync();
        Assert.Equal(["embd", "l_out-0"], blocks[0].Activations.Select(a => a.Name));
        Assert.Empty(blocks[1].Activations);
        Assert.Equal(new PassKind(Numerics.Production, Taps: true), Assert.Single(scripted.Passes));
    }

    [Fact]
    public async Task Embeddings_keep_the_order_and_are_normalized_when_asked()
    {
        await using var model = new ServedModel(new ScriptedModel(), One);
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens([0, 1]), Prompt.FromTokens([5])], Pooling = Pooling.None };
        var rows = await model.EmbedAsync(request);
        Assert.Equal([[0f, 3, 4], [1, 3, 4], [5, 3, 4]], rows.Rows);
        Assert.Equal([2, 1], rows.TokenCounts);
        Assert.Equal(3, rows.Dimensions);
        Assert.Equal(new[] { 0f, 0.6f, 0.8f }, (await model.EmbedAsync(request with { Normalize = true })).Rows[0].ToList());
    }

    [Fact]
    public async Task Rows_that_are_not_finite_are_refused_and_the_next_request_is_served()
    {
        var scripted = new ScriptedModel { Spoil = row => row[3] = float.NaN };
        await using var model = new ServedModel(scripted, One);
        await Assert.ThrowsAsync<NonFiniteLogitsException>(() => Generate(model));
        await Assert.ThrowsAsync<NonFiniteLogitsException>(() => model.ScoreAsync(Score(1, 2) with { Form = ScoreForm.TopK }).ToListAsync().AsTask());
        scripted.Spoil = _ => { };
        Assert.Equal(3, (await Generate(model)).Count);
        Assert.Single(scripted.Passes);
    }

    [Fact]
    public async Task An_unexpected_error_ends_the_requests_in_the_batch_which_is_not_used_again()
    {
        var scripted = new ScriptedModel { Evaluating = _ => throw new InvalidTimeZoneException("odd") };
        await using var model = new ServedModel(scripted, One);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Generate(model));
        Assert.Equal(0, scripted.Live);
        scripted.Evaluating = _ => { };
        Assert.Equal(3, (await Generate(model)).Count);
        Assert.Equal(1, scripted.Live);
    }

    [Fact]
    public async Task Many_threads_get_each_its_own_answer()
    {
        var scripted = new ScriptedModel { Next = tokens => tokens.Count < 8 ? tokens[^1] : ScriptedModel.End };
        await using var model = new ServedModel(scripted, new() { Slots = 3 });
        var answers = await Task.WhenAll(Enumerable.Range('a', 26).Select(c => Task.Run(() => Generate(model, Greedy($"{(char)c}")))));
        Assert.All(answers, (answer, i) => Assert.Equal(new string((char)('a' + i), 6), string.Concat(answer.Select(t => t.Text))));
        Assert.Equal(new BatchShape(3, 48), scripted.Opened);
        Assert.Equal(0, model.Counters.Cells);
    }

    [Fact]
    public async Task Passes_are_opened_by_kind_and_used_again()
    {
        var scripted = new ScriptedModel();
        await using var model = new ServedModel(scripted, One);
        for (int i = 0; i < 2; i++)
        {
            await Generate(model);
            await Generate(model, Greedy() with { Numerics = Numerics.Strict });
            await model.EmbedAsync(new() { Inputs = [Prompt.FromText("a")] });
        }
        Assert.Equal(
            [new PassKind(Numerics.Strict), new PassKind(Numerics.Production, Embeds: true)],
            scripted.Passes);
    }

    [Fact]
    public async Task The_idle_batch_and_idle_passes_make_room_for_what_does_not_fit_beside_them()
    {
        var scripted = new ScriptedModel();
        scripted.Opening = _ =>
        {
            if (scripted.Live > 0)
            {
                throw new InsufficientMemoryException("full", 2, 1);
            }
        };
        await using var model = new ServedModel(scripted, One);
        await Generate(model);
        await Generate(model, Greedy() with { Numerics = Numerics.Strict });
        await model.EmbedAsync(new() { Inputs = [Prompt.FromText("a")] });
        await Generate(model);
        Assert.Equal(1, scripted.Live);
    }

    [Fact]
    public async Task Cancelling_ends_a_running_and_a_waiting_request()
    {
        using var go = new ManualResetEventSlim();
        var entered = new TaskCompletionSource();
        var scripted = new ScriptedModel { Evaluating = ct => { entered.TrySetResult(); go.Wait(ct); } };
        await using var model = new ServedModel(scripted, One);
        using var running = new CancellationTokenSource();
        using var waiting = new CancellationTokenSource();
        var first = Generate(model, cancellation: running.Token);
        await entered.Task.WaitAsync(Soon);
        var second = Generate(model, cancellation: waiting.Token);
        await waiting.CancelAsync();
        Assert.Equal(waiting.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Soon))).CancellationToken);
        await running.CancelAsync();
        Assert.Equal(running.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Soon))).CancellationToken);
        go.Set();
        Assert.Equal(3, (await Generate(model)).Count);
    }

    [Fact]
    public async Task A_reader_that_stops_early_stops_the_work()
    {
        var scripted = new ScriptedModel { Next = _ => 'a', Card = new ScriptedModel().Card with { ContextLength = int.MaxValue } };
        await using var model = new ServedModel(scripted, One);
        await foreach (var token in model.GenerateAsync(Greedy()))
        {
            if (token.Index == 3)
            {
                break;
            }
        }
        // With the only slot still busy this would never come back.
        Assert.Equal(2, (await Generate(model, Greedy() with { MaxTokens = 2 }).WaitAsync(Soon)).Count);
    }

    [Fact]
    public async Task A_stalled_reader_does_not_hold_the_lane_while_others_wait()
    {
        var scripted = new ScriptedModel { Next = _ => 'a' };
        await using var model = new ServedModel(scripted, new() { Slots = 1, Patience = TimeSpan.FromMilliseconds(50) });
        int[] tokens = [.. Enumerable.Repeat(1, 16)];
        await using var idle = model.ScoreAsync(Score(tokens) with { BlockRows = 1 }).GetAsyncEnumerator();
        Assert.True(await idle.MoveNextAsync());
        Assert.Equal(2, (await Generate(model, Greedy() with { MaxTokens = 2, Numerics = Numerics.Strict }).WaitAsync(Soon)).Count);
        var error = await Assert.ThrowsAsync<EngineException>(async () =>
        {
            while (await idle.MoveNextAsync())
            {
            }
        });
        Assert.Contains("other requests waited", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_reader_of_tokens_does_not_hold_its_sequence()
    {
        await using var model = new ServedModel(new ScriptedModel { Next = _ => 'a' }, One);
        await using var idle = model.GenerateAsync(Greedy()).GetAsyncEnumerator();
        Assert.True(await idle.MoveNextAsync());
        Assert.Equal(2, (await Generate(model, Greedy() with { MaxTokens = 2 }).WaitAsync(Soon)).Count);
    }

    [Fact]
    public async Task Disposing_ends_running_and_waiting_requests_and_frees_everything_on_its_own_thread()
    {
        using var go = new ManualResetEventSlim();
        var entered = new TaskCompletionSource();
        var scripted = new ScriptedModel { Evaluating = ct => { entered.TrySetResult(); go.Wait(ct); } };
        var model = new ServedModel(scripted, One);
        var running = Generate(model);
        await entered.Task.WaitAsync(Soon);
        var waiting = Generate(model);
        await model.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => running.WaitAsync(Soon));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Soon));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Generate(model));
        Assert.True(scripted.Disposed);
        await model.DisposeAsync();
    }

    [Fact]
    public async Task A_failure_beyond_repair_ends_the_model_and_not_the_process()
    {
        using var never = new ManualResetEventSlim();
        var scripted = new ScriptedModel();
        var model = new ServedModel(scripted, new() { Slots = 2 });
        var failure = new NativeFailureException("assertion");
        scripted.Evaluating = _ =>
        {
            scripted.Failed!(failure);
            never.Wait(CancellationToken.None); // as the thread of a failure is parked forever
        };
        Assert.Same(failure, await Assert.ThrowsAsync<NativeFailureException>(() => Generate(model).WaitAsync(Soon)));
        Assert.Same(failure, await Assert.ThrowsAsync<NativeFailureException>(() => Generate(model).WaitAsync(Soon)));
        await model.DisposeAsync().AsTask().WaitAsync(Soon);
        Assert.False(scripted.Disposed); // the parked thread uses its memory
        never.Set();
    }

    [Fact]
    public async Task A_token_carries_the_time_at_which_it_was_computed_however_late_it_is_read()
    {
        var clock = new Clock();
        var scripted = new ScriptedModel { Next = _ => 'a', Evaluating = _ => clock.Seconds++ };
        await using var model = new ServedModel(scripted, One, time: clock);
        await using IAsyncEnumerator<GeneratedToken> tokens = model.GenerateAsync(Greedy() with { MaxTokens = 4 }).GetAsyncEnumerator();
        List<TimeSpan> elapsed = [];
        while (await tokens.MoveNextAsync())
        {
            elapsed.Add(tokens.Current.Elapsed);
            await Task.Delay(20); // the others are computed meanwhile
        }
        Assert.Equal([1, 2, 3, 4], elapsed.Select(time => time.TotalSeconds));
    }

    /// <summary>A clock that only the work advances.</summary>
    private sealed class Clock : TimeProvider
    {
        public int Seconds { get; set; } = 100;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
