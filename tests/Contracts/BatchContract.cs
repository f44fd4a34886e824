using Engine;
using Engine.Serving;

namespace Tests.Contracts;

/// <summary>What every backend with a batch must do: a small decoder with a context of 128 and four slots.</summary>
/// <remarks>Neighbours in a batch may change the last digits of logits, so a production batch only has to agree; the same
/// tokens and the same bits are required where they are promised (<see cref="ModelOptions.Exact"/>).</remarks>
public abstract class BatchContract : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("engine-tests-");
    private ServedModel? _model;

    private ServedModel Model => _model ?? throw new InvalidOperationException("The model is loaded before each test.");

    /// <summary>How far a row of a batch may be from the lone one, relative to their root mean square, with its reason where it is given.</summary>
    protected abstract double Tolerance { get; }

    /// <summary>Loads a model from its own file in a folder that is deleted with the test.</summary>
    /// <param name="options">Its path is where the file is written.</param>
    protected abstract ValueTask<IModel> LoadAsync(ModelOptions options);

    public async Task InitializeAsync() => _model = await Load(new() { Slots = 4, ContextLength = 128 });

    public async Task DisposeAsync()
    {
        if (_model is not null)
        {
            await _model.DisposeAsync();
        }
        _folder.Delete(recursive: true);
    }

    private async Task<ServedModel> Load(ModelOptions options) => (ServedModel)await LoadAsync(options with { Path = Path.Combine(_folder.FullName, "model.gguf") });

    private int[] Ids(int count, int salt) => [.. Enumerable.Range(0, count).Select(i => (i * 37 + 11 * salt + 5) % Model.Card.VocabularySize)];

    private static GenerateRequest Greedy(int[] prompt, int tokens) => new()
    {
        Prompt = Prompt.FromTokens(prompt),
        MaxTokens = tokens,
        Sampling = SamplingOptions.Greedy,
        IgnoreEndOfGeneration = true,
        Logits = StepLogits.Full,
    };

    private static Task<List<GeneratedToken>> Generate(ServedModel model, GenerateRequest request, CancellationToken cancellation = default) =>
        model.GenerateAsync(request, cancellation).ToListAsync(CancellationToken.None).AsTask().WaitAsync(Soon, CancellationToken.None);

    /// <summary>Asserts that each row of a generation agrees with what scoring its tokens gives.</summary>
    private async Task Judge(int[] prompt, List<GeneratedToken> answer)
    {
        int[] all = [.. prompt, .. answer.Select(token => token.Token)];
        var request = new ScoreRequest { Tokens = Prompt.FromTokens(all[..^1]), FirstPosition = prompt.Length - 1, Numerics = Numerics.Strict };
        float[][] rows = [.. (await Model.ScoreAsync(request).ToListAsync()).SelectMany(block => Enumerable.Range(0, block.Rows).Select(row => block.Row(row).ToArray()))];
        Assert.Equal(answer.Count, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            double distance = Agreement.OfRms(rows[i], answer[i].Logits!);
            Assert.True(distance < Tolerance, $"token {i}: {distance:g3}");
        }
    }

    [Fact]
    public async Task Every_row_of_a_batch_is_what_scoring_its_tokens_gives()
    {
        int[][] prompts = [.. Enumerable.Range(0, 12).Select(i => Ids(3 + 7 * i % 50, i))];
        List<GeneratedToken>[] answers = await Task.WhenAll(prompts.Select(prompt => Generate(Model, Greedy(prompt, 12))));
        for (int i = 0; i < prompts.Length; i++)
        {
            await Judge(prompts[i], answers[i]);
        }
        await Idle();
    }

    [Fact]
    public async Task A_prefix_that_others_left_is_not_evaluated_again_and_changes_nothing()
    {
        int[] prefix = Ids(60, 1);
        await Generate(Model, Greedy([.. prefix, 7], 4));
        List<GeneratedToken>[] answers = await Task.WhenAll(Enumerable.Range(8, 4).Select(last => Generate(Model, Greedy([.. prefix, last], 6))));
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.True(answers[i][0].CachedTokens >= 60);
            await Judge([.. prefix, 8 + i], answers[i]);
        }
        Assert.True(Model.Counters.SavedTokens >= 240);
    }

    [Fact]
    public async Task Requests_that_come_together_with_one_prefix_evaluate_it_once()
    {
        int[] prefix = Ids(90, 2);
        List<GeneratedToken>[] answers = await Task.WhenAll(Enumerable.Range(8, 4).Select(last => Generate(Model, Greedy([.. prefix, last], 5))));
        Assert.True(Model.Counters.SteppedTokens < 2 * 90);
        for (int i = 0; i < answers.Length; i++)
        {
            await Judge([.. prefix, 8 + i], answers[i]);
        }
    }

    [Fact]
    public async Task Generations_that_outgrow_the_cells_are_parked_and_are_still_right()
    {
        await using ServedModel model = await Load(new() { Slots = 4, ContextLength = 128, CacheTokens = 256 });
        int[][] prompts = [.. Enumerable.Range(0, 4).Select(i => Ids(10, i))];
        // On a busy machine one may have ended before the next has arrived; then they try again.
        for (int round = 0; round == 0 || (model.Counters.Parks == 0 && round < 50); round++)
        {
            List<GeneratedToken>[] answers = await Task.WhenAll(prompts.Select(prompt => Generate(model, Greedy(prompt, 110))));
            for (int i = 0; i < prompts.Length; i++)
            {
                Assert.Equal(110, answers[i].Count);
                await Judge(prompts[i], answers[i]);
            }
        }
        Assert.True(model.Counters.Parks > 0);
    }

    [Fact]
    public async Task Cancellation_at_any_moment_ends_a_request_and_leaves_the_others_right()
    {
        var random = new Random(3);
        int[] delays = [.. Enumerable.Range(0, 40).Select(i => i % 3 == 0 ? random.Next(0, 25) : -1)];
        await Task.WhenAll(delays.Select(async (delay, i) =>
        {
            int[] prompt = Ids(5 + 3 * i % 40, i % 7);
            using var cancellation = new CancellationTokenSource(delay);
            try
            {
                List<GeneratedToken> answer = await Generate(Model, Greedy(prompt, 8), cancellation.Token);
                await Judge(prompt, answer);
            }
            catch (OperationCanceledException) when (delay >= 0)
            {
            }
        }));
        await Idle();
    }

    [Fact]
    public async Task A_full_context_ends_one_generation_and_not_its_neighbours()
    {
        Task<List<GeneratedToken>> full = Generate(Model, Greedy(Ids(100, 1), 100)), other = Generate(Model, Greedy(Ids(5, 2), 40));
        Assert.Equal(FinishReason.ContextFull, (await full)[^1].FinishReason);
        Assert.Equal(40, (await other).Count);
        await Judge(Ids(5, 2), await other);
    }

    [Fact]
    public async Task Disposing_under_load_ends_every_request()
    {
        Task<List<GeneratedToken>>[] running = [.. Enumerable.Range(0, 12).Select(i => Generate(Model, Greedy(Ids(20, i), 100)))];
        await Task.Delay(20);
        await Model.DisposeAsync().AsTask().WaitAsync(Soon);
        foreach (Task<List<GeneratedToken>> request in running)
        {
            Exception? error = await Record.ExceptionAsync(() => request);
            Assert.True(error is null or ObjectDisposedException, error?.ToString());
        }
    }

    [Fact]
    public async Task An_exact_batch_gives_the_bits_of_lone_runs()
    {
        await using ServedModel exact = await Load(new() { Slots = 8, ContextLength = 128, Exact = true });
        int[][] prompts = [.. Enumerable.Range(0, 8).Select(i => Ids(4 + 9 * i, i))];
        var alone = new List<List<GeneratedToken>>();
        foreach (int[] prompt in prompts)
        {
            alone.Add(await Generate(exact, Greedy(prompt, 10)));
        }
        List<GeneratedToken>[] together = await Task.WhenAll(prompts.Reverse().Select(prompt => Generate(exact, Greedy(prompt, 10))));
        for (int i = 0; i < prompts.Length; i++)
        {
            Assert.All(alone[i].Zip(together[^(i + 1)]), pair => Assert.Equal(pair.First.Logits, pair.Second.Logits));
        }
    }

    private async Task Idle()
    {
        for (int i = 0; i < 1000 && Model.Counters is not { Running: 0, Waiting: 0, Cells: 0 }; i++)
        {
            await Task.Delay(5);
        }
        Assert.Equal((0, 0, 0), (Model.Counters.Running, Model.Counters.Waiting, Model.Counters.Cells));
    }
}
