using Engine.Serving;

namespace Engine.Tests.Serving;

/// <summary>What the scheduler does with requests that cannot continue, and with readers that hold up others. The model is a script.</summary>
public sealed class SchedulerFaultTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static ModelCard Card(int context) => new ScriptedModel().Card with { ContextLength = context, TrainedContextLength = context };

    private static GenerateRequest Greedy(string prompt, int tokens = 4) =>
        new() { Prompt = Prompt.FromText(prompt), Sampling = SamplingOptions.Greedy, MaxTokens = tokens, IgnoreEndOfGeneration = true };

    private static Task<List<GeneratedToken>> Generate(ServedModel model, GenerateRequest request) => model.GenerateAsync(request).ToListAsync().AsTask().WaitAsync(Soon);

    [Fact]
    public async Task If_the_backend_finds_fewer_cells_than_counted_those_of_finished_requests_go_first()
    {
        var scripted = new ScriptedModel { Card = Card(100), Missing = 30 };
        await using var model = new ServedModel(scripted, new() { Slots = 2, CacheTokens = 120 });
        await Generate(model, Greedy(new string('a', 60)));
        Assert.Equal(4, (await Generate(model, Greedy(new string('b', 50)))).Count);
        Assert.Equal(0, model.Counters.Parks);
    }

    [Fact]
    public async Task A_generation_that_outgrows_its_cells_ends_with_a_message_and_its_neighbours_continue()
    {
        var scripted = new ScriptedModel { Card = Card(512), IsUnified = false, SmallestPiece = 2 };
        await using var model = new ServedModel(scripted, new() { Slots = 4, CacheTokens = 512 }); // 128 for each
        Task<List<GeneratedToken>> other = Generate(model, Greedy("b", 100));
        var error = await Assert.ThrowsAsync<EngineException>(() => Generate(model, Greedy(new string('a', 200))));
        Assert.Contains("at most the 128 tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains("Raise CacheTokens to Slots times ContextLength, which is 2048", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<EngineException>(() => Generate(model, Greedy(new string('c', 100), 60)));
        Assert.Equal(100, (await other).Count);
        Assert.Equal(27, (await Generate(model, Greedy(new string('c', 100), 27))).Count); // to the last cell
        Assert.Equal((0, 0, 0), (model.Counters.Running, model.Counters.Waiting, model.Counters.Cells));
    }

    [Fact]
    public async Task A_prompt_longer_than_the_cells_is_refused_with_both_numbers()
    {
        await using var model = new ServedModel(new ScriptedModel { Card = Card(128) }, new() { Slots = 4, CacheTokens = 128 });
        var error = await Assert.ThrowsAsync<ContextLengthExceededException>(() => Generate(model, Greedy(new string('a', 200))));
        Assert.Contains("201", error.Message, StringComparison.Ordinal);
        Assert.Contains("128", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, (await Generate(model, Greedy("a"))).Count);
    }

    [Fact]
    public async Task No_generation_waits_for_the_prompt_of_one_whose_reader_is_stalled()
    {
        var scripted = new ScriptedModel { Card = Card(1200), Saves = false, Next = _ => 'a' };
        await using var model = new ServedModel(scripted, new() { Slots = 3, CacheTokens = 1200 });
        string prompt = new('s', 40);
        await using IAsyncEnumerator<GeneratedToken> slow = model.GenerateAsync(Greedy(prompt, 1100)).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        while (model.Counters.SteppedTokens < 1024)
        {
            await Task.Delay(5);
        }
        Assert.Equal(300, (await Generate(model, Greedy("f", 300))).Count);
        Assert.True(model.Counters.Parks > 0); // it lost its cells, and has to evaluate its prompt again
        Assert.Equal(4, (await Generate(model, Greedy(prompt + "x"))).Count);
        int more = 0;
        while (await slow.MoveNextAsync())
        {
            more++;
        }
        Assert.Equal(1099, more);
    }

    [Fact]
    public async Task A_reader_that_holds_the_lane_is_ended_however_many_requests_come_meanwhile()
    {
        await using var model = new ServedModel(new ScriptedModel { Next = _ => 'a' }, new() { Patience = TimeSpan.FromMilliseconds(300), Queue = 1000 });
        var score = new ScoreRequest { Tokens = Prompt.FromTokens([.. Enumerable.Repeat(1, 16)]), BlockRows = 1 };
        await using IAsyncEnumerator<ScoreBlock> idle = model.ScoreAsync(score).GetAsyncEnumerator();
        Assert.True(await idle.MoveNextAsync());
        Task<List<GeneratedToken>> waiting = Generate(model, Greedy("a", 2) with { Numerics = Numerics.Strict });
        var others = new List<Task<List<GeneratedToken>>>();
        while (!waiting.IsCompleted)
        {
            others.Add(Generate(model, Greedy("b", 2) with { Numerics = Numerics.Strict }));
            await Task.Delay(20);
        }
        Assert.Equal(2, (await waiting).Count);
        Assert.All(await Task.WhenAll(others), answer => Assert.Equal(2, answer.Count));
    }

    [Fact]
    public async Task After_a_native_failure_no_request_counts_as_running()
    {
        using var never = new ManualResetEventSlim();
        var scripted = new ScriptedModel { Card = Card(128) };
        var model = new ServedModel(scripted, new() { Slots = 2 });
        var failure = new NativeFailureException("assertion");
        scripted.Evaluating = _ =>
        {
            SpinWait.SpinUntil(() => model.Counters.Running + model.Counters.Waiting == 5, Soon);
            scripted.Failed!(failure);
            never.Wait(CancellationToken.None);
        };
        Task<List<GeneratedToken>>[] requests = [.. "abcde".Select(c => Generate(model, Greedy($"{c}")))];
        foreach (Task<List<GeneratedToken>> request in requests)
        {
            Assert.Same(failure, await Assert.ThrowsAsync<NativeFailureException>(() => request));
        }
        await model.DisposeAsync().AsTask().WaitAsync(Soon);
        Assert.Equal((0, 0, 0), (model.Counters.Running, model.Counters.Waiting, model.Counters.Cells));
        never.Set();
    }
}
