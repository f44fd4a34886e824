using Engine.BuiltIn;
using Engine.Host.Tests.Service;
using Engine.Registry;
using Microsoft.Extensions.Logging;
using ReferenceModels;

namespace Engine.Host.Tests.Isolation;

/// <summary>A model in its own process, and what happens to requests when that process dies.</summary>
public sealed class IsolationTests
{
    private static readonly ModelOptions Stories = new() { Path = BundledModels.Find("builtin:llama-stories")!, Backend = "reference", Slots = 4 };
    private static readonly GenerateRequest Greedy = new() { Prompt = Prompt.FromText("Once upon a time"), MaxTokens = 24, Sampling = new SamplingOptions { Temperature = 0 } };

    [Fact]
    public async Task It_answers_as_in_this_process()
    {
        var models = new IsolatedModels();
        await using IModel isolated = await models.LoadAsync(Stories);
        await using IModel here = await new ReferenceBackend().LoadAsync(Stories);
        Assert.Equal(await TextAsync(here), await TextAsync(isolated));
        Assert.Equal(here.Tokenizer.Encode("There was a dog."), isolated.Tokenizer.Encode("There was a dog."));
        Assert.Equal(here.Tokenizer.Decode([40, 41, 42]), isolated.Tokenizer.Decode([40, 41, 42]));
        Assert.Equal((here.Card.Parameters, here.Card.Backend), (isolated.Card.Parameters, isolated.Card.Backend));
        Assert.NotEqual(Environment.ProcessId, models.Process);
    }

    [LinuxFact]
    public async Task It_ends_with_its_model()
    {
        var models = new IsolatedModels();
        IModel isolated = await models.LoadAsync(Stories);
        await isolated.DisposeAsync();
        Assert.True(await IsolatedModels.EndsAsync(models.Process));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => TextAsync(isolated));
    }

    [LinuxFact]
    public async Task A_process_logs_to_its_parents_log_including_native_lines()
    {
        var models = new IsolatedModels();
        await using IModel isolated = await models.LoadAsync(Stories with { Backend = "llama.cpp" });
        Assert.Contains(models.Log, entry => entry.Category.StartsWith("Engine.LlamaCpp", StringComparison.Ordinal) && entry.Text.Contains("is loaded from", StringComparison.Ordinal));
        Assert.Contains(models.Log, entry => entry is { Level: LogLevel.Debug or LogLevel.Trace } && entry.Text.Contains("llama_model_loader", StringComparison.Ordinal));
    }

    [LinuxFact]
    public async Task A_model_that_cannot_be_loaded_is_refused_as_in_this_process()
    {
        using var folder = new TemporaryFolder();
        ModelOptions cut = Stories with { Path = folder.File("cut.gguf", (await File.ReadAllBytesAsync(Stories.Path))[..100_000]) };
        var expected = await Assert.ThrowsAnyAsync<EngineException>(() => new ReferenceBackend().LoadAsync(cut).AsTask());
        var models = new IsolatedModels();
        var found = await Assert.ThrowsAnyAsync<EngineException>(() => models.LoadAsync(cut));
        Assert.Equal((expected.GetType(), expected.Message), (found.GetType(), found.Message));
        Assert.True(await IsolatedModels.EndsAsync(Assert.Single(models.Processes())));
    }

    [LinuxFact]
    public async Task A_request_that_has_handed_out_a_token_ends_with_the_reason_and_the_next_one_is_answered()
    {
        using var slow = new SlowModel();
        var models = new IsolatedModels();
        await using IModel isolated = await models.LoadAsync(new() { Path = slow.Path, Backend = "reference", Exact = true });
        var error = await Assert.ThrowsAsync<ModelUnavailableException>(async () =>
        {
            await foreach (GeneratedToken token in isolated.GenerateAsync(Greedy with { Prompt = Prompt.FromText("a"), MaxTokens = 1000, IgnoreEndOfGeneration = true }))
            {
                if (token.Index == 2)
                {
                    Assert.Equal(ModelState.Ready, ((ISupervisedModel)isolated).State);
                    IsolatedModels.Send(models.Process, Signal.Kill);
                }
            }
        });
        Assert.Contains("it was killed (SIGKILL)", error.Message, StringComparison.Ordinal);
        Assert.Contains("when a part of the answer was there already. Send the request again.", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(await TokensAsync(isolated, Greedy with { Prompt = Prompt.FromText("a"), MaxTokens = 2 }));
        Assert.Equal(2, models.Processes().Count);
    }

    [LinuxTheory]
    [InlineData(9)]
    [InlineData(19)] // SIGSTOP: it hangs without dying, and is killed
    public async Task A_request_without_a_token_yet_is_sent_to_the_next_process(int signal)
    {
        using var slow = new SlowModel();
        var models = new IsolatedModels();
        await using IModel isolated = await models.LoadAsync(
            new() { Path = slow.Path, Backend = "reference", Exact = true }, IsolatedModels.Quickly with { Hang = TimeSpan.FromSeconds(4) });
        Task<List<int>> answer = TokensAsync(isolated, Greedy with { Prompt = Prompt.FromText(SlowModel.Prompt(250)), MaxTokens = 2 });
        Assert.NotEqual(answer, await Task.WhenAny(answer, Task.Delay(200)));
        IsolatedModels.Send(models.Process, signal);
        Assert.NotEmpty(await answer);
        Assert.Equal(2, models.Processes().Count);
    }

    [LinuxFact]
    public async Task A_request_that_kills_each_process_is_sent_only_twice()
    {
        using var slow = new SlowModel();
        var models = new IsolatedModels();
        await using IModel isolated = await models.LoadAsync(new() { Path = slow.Path, Backend = "reference", Exact = true });
        Task<List<int>> answer = TokensAsync(isolated, Greedy with { Prompt = Prompt.FromText(SlowModel.Prompt(400)), MaxTokens = 2 });
        for (int killed = 0; !answer.IsCompleted; await Task.WhenAny(answer, Task.Delay(50)))
        {
            if (models.Processes().Count > killed && ((ISupervisedModel)isolated).State == ModelState.Ready)
            {
                await Task.WhenAny(answer, Task.Delay(200)); // so that the request is there
                IsolatedModels.Send(models.Processes()[killed++], Signal.Kill);
            }
        }
        var error = await Assert.ThrowsAsync<ModelUnavailableException>(() => answer);
        Assert.Contains("the second time for this request", error.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_request_past_its_deadline_waits_for_no_process()
    {
        var models = new IsolatedModels();
        await using IModel isolated = await models.LoadAsync(Stories, IsolatedModels.Quickly with { Pause = TimeSpan.FromMinutes(1) });
        IsolatedModels.Send(models.Process, Signal.Kill);
        await Assert.ThrowsAsync<DeadlineExceededException>(() => TokensAsync(isolated, Greedy with { Deadline = TimeSpan.FromSeconds(0.5) }));
    }

    [LinuxFact]
    public async Task Several_quick_deaths_in_a_row_are_a_failure()
    {
        var models = new IsolatedModels();
        await using IModel isolated = await models.LoadAsync(Stories, IsolatedModels.Quickly with { QuickDeaths = 2 });
        var supervised = (ISupervisedModel)isolated;
        int killed = 0;
        while (supervised.State != ModelState.Failed)
        {
            if (models.Processes().Count > killed && supervised.State == ModelState.Ready)
            {
                IsolatedModels.Send(models.Processes()[killed++], Signal.Kill);
            }
            await Task.Delay(10);
        }
        Assert.Equal(2, killed);
        Assert.Contains("it died 2 times in a row soon after its start, the last time because it was killed (SIGKILL)", supervised.Failure!.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NativeFailureException>(() => TextAsync(isolated));
        Assert.Equal(2, models.Processes().Count);
    }

    [Fact]
    public async Task A_file_that_is_not_a_program_is_reported_in_a_message()
    {
        var models = new IsolatedModels();
        var missing = await Assert.ThrowsAsync<ConfigurationException>(() => models.LoadAsync(Stories, program: new("/no/such/program", [])));
        Assert.Contains("expected '/no/such/program' to start", missing.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_different_program_is_reported_with_a_message()
    {
        var models = new IsolatedModels();
        var other = await Assert.ThrowsAsync<NativeFailureException>(() => models.LoadAsync(
            Stories, IsolatedModels.Quickly with { Start = TimeSpan.FromSeconds(0.2), QuickDeaths = 2 }, new("/bin/sleep", ["60"])));
        Assert.Contains("its program must begin with EngineChild.RunIfAskedAsync", other.Message, StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<NativeFailureException>(() => models.LoadAsync(Stories, program: new("/bin/sh", ["-c", "echo out of order >&2; exit 3"])));
        Assert.EndsWith("it ended with exit code 3: out of order. The next request tries again; the log has more.", wrong.Message, StringComparison.Ordinal);
    }

    [LinuxTheory]
    [InlineData("kill -ABRT $$", "it aborted (SIGABRT)")]
    [InlineData("echo 'ggml.c:1: GGML_ASSERT(x) failed' >&2; kill -ABRT $$", "it aborted (SIGABRT): ggml.c:1: GGML_ASSERT(x) failed")]
    [InlineData("kill -SEGV $$", "it read memory that is not its own (SIGSEGV)")]
    [InlineData("kill -USR1 $$", "it was ended by signal 10")]
    public async Task A_process_that_dies_says_why(string script, string reason)
    {
        var models = new IsolatedModels();
        var error = await Assert.ThrowsAsync<NativeFailureException>(() => models.LoadAsync(Stories, IsolatedModels.Quickly with { QuickDeaths = 1 }, new("/bin/sh", ["-c", script])));
        Assert.Contains($"the last time because {reason}. ", error.Message, StringComparison.Ordinal);
    }

    private static async Task<string> TextAsync(IModel model) => model.Tokenizer.Decode(await TokensAsync(model, Greedy));

    private static async Task<List<int>> TokensAsync(IModel model, GenerateRequest request)
    {
        List<int> tokens = [];
        await foreach (GeneratedToken token in model.GenerateAsync(request))
        {
            tokens.Add(token.Token);
        }
        return tokens;
    }
}
