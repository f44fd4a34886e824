using Engine.Serving;

namespace Engine.Tests.Serving;

/// <summary>How generations share a batch. The model is a script, so that what is checked is the scheduler's alone.</summary>
public sealed class SchedulerTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static readonly ModelCard LongCard = new ScriptedModel().Card with { ContextLength = 512, TrainedContextLength = 512 };

    private static GenerateRequest Greedy(string prompt, int tokens = 4) =>
        new() { Prompt = Prompt.FromText(prompt), Sampling = SamplingOptions.Greedy, MaxTokens = tokens, IgnoreEndOfGeneration = true };

    private static Task<List<GeneratedToken>> Generate(ServedModel model, GenerateRequest request, CancellationToken cancellation = default) =>
        model.GenerateAsync(request, cancellation).ToListAsync(CancellationToken.None).AsTask();

    /// <summary>A model whose evaluations wait until the gate is opened, so that requests come together.</summary>
    private static (ScriptedModel Model, ManualResetEventSlim Gate, TaskCompletionSource Entered) Gated(ScriptedModel? model = null)
    {
        var gate = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        model ??= new ScriptedModel { Card = LongCard };
        model.Evaluating = abort => { entered.TrySetResult(); gate.Wait(abort); };
        return (model, gate, entered);
    }

    private static async Task Until(Func<bool> holds)
    {
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); !holds(); await Task.Delay(5))
        {
            Assert.True(waited.Elapsed < Soon);
        }
    }

    [Fact]
    public async Task Requests_that_come_while_others_run_join_their_steps()
    {
        var (scripted, gate, entered) = Gated();
        await using var model = new ServedModel(scripted, new() { Slots = 4 });
        Task<List<GeneratedToken>> first = Generate(model, Greedy("a"));
        await entered.Task.WaitAsync(Soon);
        Task<List<GeneratedToken>>[] others = [.. "bcd".Select(c => Generate(model, Greedy($"{c}", 3)))];
        gate.Set();
        await Task.WhenAll([first, .. others]).WaitAsync(Soon);
        Assert.Contains(scripted.Steps, step => step.Length == 4);
        Assert.Equal((0, 0, 0), (model.Counters.Running, model.Counters.Waiting, model.Counters.Cells));
    }

    [Fact]
    public async Task Decoding_goes_first_and_a_long_prompt_is_read_in_pieces_beside_it()
    {
        var (scripted, gate, entered) = Gated(new ScriptedModel { Card = LongCard, StepTokens = 16 });
        await using var model = new ServedModel(scripted, new() { Slots = 2 });
        Task<List<GeneratedToken>> short_ = Generate(model, Greedy("a", 30));
        await entered.Task.WaitAsync(Soon);
        Task<List<GeneratedToken>> long_ = Generate(model, Greedy(new string('x', 100)));
        gate.Set();
        await Task.WhenAll(short_, long_).WaitAsync(Soon);
        SequenceChunk[][] mixed = [.. scripted.Steps.Where(step => step.Length == 2 && step[1].Tokens.Length > 1)];
        Assert.True(mixed.Length >= 6); // 101 tokens, no more than 15 beside one that decodes
        Assert.All(mixed, step => Assert.Equal(1, step[0].Tokens.Length));
    }

    [Fact]
    public async Task Sequences_with_cells_of_their_own_read_prompts_and_make_tokens_in_different_steps()
    {
        var (scripted, gate, entered) = Gated(new ScriptedModel { Card = LongCard, IsUnified = false, StepTokens = 16 });
        await using var model = new ServedModel(scripted, new() { Slots = 2 });
        Task<List<GeneratedToken>> first = Generate(model, Greedy("a", 30));
        await entered.Task.WaitAsync(Soon);
        Task<List<GeneratedToken>> second = Generate(model, Greedy(new string('x', 100)));
        gate.Set();
        await Task.WhenAll(first, second).WaitAsync(Soon);
        Assert.All(scripted.Steps, step => Assert.Single(step.Select(chunk => chunk.Tokens.Length > 1).Distinct()));
        Assert.Contains(scripted.Steps, step => step.Length == 2); // both make tokens
    }

    [Fact]
    public async Task A_prefix_that_a_finished_request_left_is_not_evaluated_again()
    {
        var scripted = new ScriptedModel { Card = LongCard };
        await using var model = new ServedModel(scripted, new() { Slots = 2 });
        string prefix = new('p', 40);
        List<GeneratedToken> first = await Generate(model, Greedy(prefix + "a"));
        scripted.Steps.Clear();
        List<GeneratedToken> second = await Generate(model, Greedy(prefix + "b"));
        Assert.Equal(0, first[0].CachedTokens);
        Assert.Equal(41, second[0].CachedTokens); // with the beginning-of-sequence token
        Assert.Equal(1, scripted.Steps[0][0].Tokens.Length);
        Assert.Equal((1, 41), (model.Counters.SharedPrefixes, model.Counters.SavedTokens));
    }

    [Fact]
    public async Task Requests_that_arrive_together_with_one_prefix_evaluate_it_once()
    {
        var (scripted, gate, entered) = Gated();
        await using var model = new ServedModel(scripted, new() { Slots = 5 });
        Task<List<GeneratedToken>> holder = Generate(model, Greedy("z", 2));
        await entered.Task.WaitAsync(Soon);
        string prefix = new('p', 200);
        Task<List<GeneratedToken>>[] all = [.. "abcd".Select(c => Generate(model, Greedy(prefix + c)))];
        gate.Set();
        List<GeneratedToken>[] answers = await Task.WhenAll(all).WaitAsync(Soon);
        Assert.Equal([0, 201, 201, 201], answers.Select(answer => answer[0].CachedTokens).Order());
        Assert.InRange(model.Counters.SteppedTokens, 0, 201 + 4 * 5 + 4);
        await holder;
    }

    [Fact]
    public async Task A_follower_evaluates_the_prefix_itself_when_its_leader_is_cancelled()
    {
        var (scripted, gate, entered) = Gated(new ScriptedModel { Card = LongCard, StepTokens = 16 });
        await using var model = new ServedModel(scripted, new() { Slots = 3 });
        string prefix = new('p', 200);
        using var cancellation = new CancellationTokenSource();
        Task<List<GeneratedToken>> leader = Generate(model, Greedy(prefix + "a"), cancellation.Token);
        await entered.Task.WaitAsync(Soon);
        Task<List<GeneratedToken>> follower = Generate(model, Greedy(prefix + "b"));
        await cancellation.CancelAsync();
        gate.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        Assert.Equal(4, (await follower.WaitAsync(Soon)).Count);
    }

    [Fact]
    public async Task The_least_recently_used_sequence_makes_room_first()
    {
        var scripted = new ScriptedModel { Card = LongCard with { ContextLength = 100 } };
        await using var model = new ServedModel(scripted, new() { Slots = 3, CacheTokens = 100 });
        await Generate(model, Greedy(new string('a', 30)));
        await Generate(model, Greedy(new string('b', 30)));
        await Generate(model, Greedy(new string('a', 30))); // now b is the oldest
        await Generate(model, Greedy(new string('c', 40)));
        Assert.Equal(30, (await Generate(model, Greedy(new string('a', 30))))[0].CachedTokens);
    }

    [Fact]
    public async Task Generations_that_outgrow_the_cells_are_parked_and_still_finish()
    {
        foreach (bool saves in new[] { true, false })
        {
            var (scripted, gate, entered) = Gated(new ScriptedModel { Card = LongCard with { ContextLength = 128 }, Saves = saves, Next = tokens => tokens[1] });
            await using var model = new ServedModel(scripted, new() { Slots = 4, CacheTokens = 256 });
            Task<List<GeneratedToken>>[] all = [.. "abcd".Select(c => Generate(model, Greedy($"{c}", 120)))];
            await entered.Task.WaitAsync(Soon);
            gate.Set();
            List<GeneratedToken>[] answers = await Task.WhenAll(all).WaitAsync(Soon);
            Assert.All(answers, (answer, i) => Assert.Equal(new string((char)('a' + i), 120), string.Concat(answer.Select(token => token.Text))));
            Assert.True(model.Counters.Parks > 0);
        }
    }

    [Fact]
    public async Task Sequences_with_cells_of_their_own_share_by_copy_and_never_see_a_lone_token_of_a_prompt()
    {
        var (scripted, gate, entered) = Gated(new ScriptedModel { Card = LongCard with { ContextLength = 128 }, IsUnified = false, SmallestPiece = 2, StepTokens = 16, Next = tokens => tokens[1] });
        await using var model = new ServedModel(scripted, new() { Slots = 4 });
        Task<List<GeneratedToken>>[] all = [.. Enumerable.Range(0, 12).Select(i => Generate(model, Greedy(new string('a', 20 + i) + "b", 20)))];
        await entered.Task.WaitAsync(Soon);
        gate.Set();
        await Task.WhenAll(all).WaitAsync(Soon);
        Assert.True(scripted.Shares.Count > 0);
        Assert.Equal(0, model.Counters.Parks);
        Assert.All(scripted.Steps.SelectMany(step => step).Where(chunk => !chunk.WantsRow), chunk => Assert.True(chunk.Tokens.Length >= 2));
    }

    [Fact]
    public async Task A_model_that_cannot_go_back_evaluates_again_what_it_cannot_share()
    {
        var scripted = new ScriptedModel { Card = LongCard, GoesBack = false, Next = tokens => tokens[1] };
        await using var model = new ServedModel(scripted, new());
        await Generate(model, Greedy("abc"));
        Assert.Equal("aaaa", string.Concat((await Generate(model, Greedy("abd"))).Select(token => token.Text)));
    }

    [Fact]
    public async Task Requests_beyond_the_queue_limit_are_refused_and_no_others()
    {
        var (scripted, gate, entered) = Gated();
        await using var model = new ServedModel(scripted, new() { Queue = 2 });
        Task<List<GeneratedToken>>[] taken = [.. "abc".Select(c => Generate(model, Greedy($"{c}")))];
        await entered.Task.WaitAsync(Soon);
        var error = await Assert.ThrowsAsync<QueueFullException>(() => Generate(model, Greedy("d")));
        Assert.True(error.RetryAfter >= TimeSpan.FromSeconds(1));
        gate.Set();
        await Task.WhenAll(taken).WaitAsync(Soon);
        await Generate(model, Greedy("e")).WaitAsync(Soon);
    }

    [Fact]
    public async Task The_place_of_a_client_that_has_left_is_free_at_once()
    {
        var (scripted, gate, entered) = Gated();
        await using var model = new ServedModel(scripted, new() { Queue = 1 });
        Task<List<GeneratedToken>> running = Generate(model, Greedy("a"));
        await entered.Task.WaitAsync(Soon);
        using var cancellation = new CancellationTokenSource();
        Task<List<GeneratedToken>> gone = Generate(model, Greedy("b"), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Soon));
        Task<List<GeneratedToken>> next = Generate(model, Greedy("c")); // while the first is still being evaluated
        gate.Set();
        await Task.WhenAll(running, next).WaitAsync(Soon);
    }

    [Fact]
    public async Task A_request_past_its_deadline_ends_with_a_message_while_it_waits_and_while_it_runs()
    {
        var (scripted, gate, entered) = Gated();
        await using var model = new ServedModel(scripted, new());
        TimeSpan brief = TimeSpan.FromMilliseconds(50);
        var error = await Assert.ThrowsAsync<DeadlineExceededException>(() => Generate(model, Greedy("a") with { Deadline = brief }).WaitAsync(Soon));
        Assert.Contains("0.05 s", error.Message, StringComparison.Ordinal);
        Task<List<GeneratedToken>> running = Generate(model, Greedy("a"));
        await Assert.ThrowsAsync<DeadlineExceededException>(() => Generate(model, Greedy("b") with { Deadline = brief }).WaitAsync(Soon));
        gate.Set();
        await running.WaitAsync(Soon);
        await Assert.ThrowsAsync<InvalidRequestException>(() => Generate(model, Greedy("c") with { Deadline = TimeSpan.Zero }));
        Assert.Equal(4, (await Generate(model, Greedy("c") with { Deadline = Soon })).Count);
    }

    [Fact]
    public async Task A_slow_reader_pauses_only_its_own_sequence()
    {
        var scripted = new ScriptedModel { Card = LongCard with { ContextLength = 4096 }, Next = _ => 'a' };
        await using var model = new ServedModel(scripted, new() { Slots = 2 });
        await using IAsyncEnumerator<GeneratedToken> slow = model.GenerateAsync(Greedy("s", 3000)).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        await Until(() => model.Counters.SteppedTokens >= 1000);
        Assert.Equal(100, (await Generate(model, Greedy("q", 100)).WaitAsync(Soon)).Count);
        Assert.InRange(model.Counters.SteppedTokens, 0, 1024 + 2 + 102); // of the slow one, no more than may wait for its reader
        int more = 0;
        while (await slow.MoveNextAsync())
        {
            more++;
        }
        Assert.Equal(2999, more);
    }

    [Fact]
    public async Task A_stalled_reader_does_not_hold_its_sequence_while_others_wait()
    {
        var scripted = new ScriptedModel { Card = LongCard with { ContextLength = 4096 }, Next = _ => 'a' };
        await using var model = new ServedModel(scripted, new() { Patience = TimeSpan.FromMilliseconds(50) });
        await using IAsyncEnumerator<GeneratedToken> idle = model.GenerateAsync(Greedy("s", 3000)).GetAsyncEnumerator();
        Assert.True(await idle.MoveNextAsync());
        Assert.Equal(5, (await Generate(model, Greedy("q", 5)).WaitAsync(Soon)).Count);
        var error = await Assert.ThrowsAsync<EngineException>(async () =>
        {
            while (await idle.MoveNextAsync())
            {
            }
        });
        Assert.Contains("other requests waited", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_that_is_not_finite_ends_only_its_own_request()
    {
        var (scripted, gate, entered) = Gated(new ScriptedModel { Card = LongCard, Next = tokens => tokens[1] });
        scripted.Spoil = row => row[3] = row['x'] == 10 ? float.NaN : row[3];
        await using var model = new ServedModel(scripted, new() { Slots = 3 });
        Task<List<GeneratedToken>> first = Generate(model, Greedy("a"));
        await entered.Task.WaitAsync(Soon);
        Task<List<GeneratedToken>> bad = Generate(model, Greedy("x")), good = Generate(model, Greedy("b"));
        gate.Set();
        await Assert.ThrowsAsync<NonFiniteLogitsException>(() => bad.WaitAsync(Soon));
        Assert.Equal(4, (await first.WaitAsync(Soon)).Count);
        Assert.Equal(4, (await good.WaitAsync(Soon)).Count);
    }

    [Fact]
    public async Task Embeddings_of_several_requests_go_through_one_evaluation()
    {
        var (scripted, gate, entered) = Gated();
        await using var model = new ServedModel(scripted, new());
        Task<Embeddings> Embed(int id) => model.EmbedAsync(new() { Inputs = [Prompt.FromTokens([id]), Prompt.FromTokens([id + 1])] }).AsTask();
        Task<Embeddings> first = Embed(1);
        await entered.Task.WaitAsync(Soon);
        Task<Embeddings>[] others = [.. Enumerable.Range(0, 5).Select(i => Embed(10 * i + 10))];
        gate.Set();
        Embeddings[] answers = await Task.WhenAll(others).WaitAsync(Soon);
        Assert.Equal([2, 10], scripted.Embedded);
        Assert.All(answers, (answer, i) => Assert.Equal([10f * i + 10, 10f * i + 11], answer.Rows.Select(row => row[0])));
        await first;
    }

    [Fact]
    public async Task Requests_that_come_and_go_at_random_all_end_and_leave_no_cells()
    {
        var random = new Random(5);
        var scripted = new ScriptedModel { Card = LongCard with { ContextLength = 96 }, Next = tokens => tokens[1], StepTokens = 32 };
        await using var model = new ServedModel(scripted, new() { Slots = 6, CacheTokens = 200, Queue = 20_000 });
        int answered = 0, cancelled = 0;
        await Parallel.ForAsync(0, 4000, new ParallelOptions { MaxDegreeOfParallelism = 24 }, async (i, _) =>
        {
            (int length, int tokens, int delay) = (0, 0, 0);
            lock (random)
            {
                (length, tokens, delay) = (random.Next(1, 60), random.Next(0, 30), random.Next(0, 6));
            }
            using var cancellation = new CancellationTokenSource();
            if (delay < 3)
            {
                cancellation.CancelAfter(delay);
            }
            try
            {
                char c = (char)('a' + i % 26);
                List<GeneratedToken> answer = await model.GenerateAsync(Greedy(new string(c, length), tokens), cancellation.Token).ToListAsync(CancellationToken.None);
                Assert.Equal(new string(c, Math.Min(tokens, 96 - length)), string.Concat(answer.Select(token => token.Text)));
                Interlocked.Increment(ref answered);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref cancelled);
            }
        });
        Assert.Equal(4000, answered + cancelled);
        Assert.True(answered > 1000);
        await Until(() => model.Counters is { Running: 0, Waiting: 0, Cells: 0 });
    }

    [Theory]
    [InlineData(10, 20, 0, 1, 10)]  // all of it
    [InlineData(100, 33, 0, 1, 32)] // tiles of 16
    [InlineData(100, 33, 3, 1, 29)] // that count what goes beside it
    [InlineData(21, 20, 0, 2, 16)]
    [InlineData(3, 2, 0, 2, 0)]     // one token would be left over
    [InlineData(4, 2, 0, 2, 2)]
    public void A_piece_of_a_prompt_leaves_no_piece_that_is_too_small(int rest, int most, int beside, int smallest, int expected) =>
        Assert.Equal(expected, StepPlan.Piece(rest, most, beside, smallest));
}
