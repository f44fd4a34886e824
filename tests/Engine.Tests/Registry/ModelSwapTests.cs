using Engine.Registry;

namespace Engine.Tests.Registry;

/// <summary>A model changes in the configuration while requests run.</summary>
public sealed class ModelSwapTests
{
    private static ScoreRequest TwoBlocks => new() { Tokens = Prompt.FromTokens([0, 0, 0]) };

    [Fact]
    public async Task New_requests_go_to_the_new_model_and_a_running_one_ends_on_the_old_one()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        await using IAsyncEnumerator<ScoreBlock> running = host.Model.ScoreAsync(TwoBlocks).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());
        IModel held = await host.Models.LeaseAsync();

        host.ChangePath(host.File("second.gguf"));
        await host.UntilServed("second.gguf");
        FakeModel old = host.Backend.Loaded[0];
        Assert.Equal("first.gguf", Path.GetFileName(held.Card.Path));
        Assert.True(await running.MoveNextAsync());
        Assert.False(await running.MoveNextAsync());
        Assert.NotEmpty(await held.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Equal(0, old.Disposals);

        await held.DisposeAsync();
        await old.Disposed.WaitAsync();
        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Equal(2, host.Backend.Loaded.Count);
    }

    [Fact]
    public async Task The_old_one_serves_while_the_new_one_loads()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        var gate = new TaskCompletionSource();
        host.Backend.Before = (_, stop) => gate.Task.WaitAsync(stop);
        host.ChangePath(host.File("second.gguf"));
        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Equal((ModelState.Ready, "first.gguf"), (host.Status.State, host.Served));
        gate.SetResult();
        await host.UntilServed("second.gguf");
    }

    [Fact]
    public async Task One_that_does_not_load_leaves_the_old_one_serving_and_is_tried_again_when_its_file_changes()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        var broken = new ModelFileException("Broken file.");
        int loadings = 0;
        host.Backend.Before = (options, _) => Interlocked.Increment(ref loadings) > 0 && File.ReadAllText(options.Path) == "broken" ? throw broken : Task.CompletedTask;
        host.ChangePath(host.File("second.gguf", "broken"));
        await host.Until(ModelState.Degraded);
        Assert.Equal(new ModelStatus("default", ModelState.Degraded, broken), host.Status);
        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Equal("first.gguf", host.Served);
        Assert.Single(host.Log, line => line == "Error: The model 'default' keeps serving unchanged, because its new version did not load; it is tried again when the file or the setting changes: Broken file.");
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, loadings);

        host.File("second.gguf", "whole again");
        await host.UntilLater(() => host.Status.State == ModelState.Ready);
        Assert.Equal(("second.gguf", 2), (host.Served, loadings));
    }

    [Fact]
    public async Task One_that_does_not_load_is_tried_again_when_the_setting_changes()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Backend.Before = (options, _) => options.Slots == 7 ? throw new ModelFileException("No seven.") : Task.CompletedTask;
        host.Change(("Engine:Models:default:Slots", "7"));
        await host.Until(ModelState.Degraded);
        host.Change(("Engine:Models:default:Slots", "8"));
        await host.Until(ModelState.Ready);
        Assert.Equal([1, 8], host.Backend.Loaded.Select(model => model.Options.Slots));
    }

    [Fact]
    public async Task A_change_reverted_after_it_failed_needs_no_loading()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Backend.Before = (options, _) => options.Slots == 7 ? throw new ModelFileException("No seven.") : Task.CompletedTask;
        host.Change(("Engine:Models:default:Slots", "7"));
        await host.Until(ModelState.Degraded);
        host.Change(("Engine:Models:default:Slots", null));
        await host.Until(ModelState.Ready);
        Assert.Single(host.Backend.Loaded);
    }

    [Fact]
    public async Task Without_room_for_both_the_old_one_is_drained_and_unloaded_first_and_requests_wait()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Backend.Before = (_, _) => host.Backend.Loaded.Exists(model => model.Disposals == 0) ? throw new InsufficientMemoryException("No room.", 2, 1) : Task.CompletedTask;
        await using IAsyncEnumerator<ScoreBlock> running = host.Model.ScoreAsync(TwoBlocks).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());
        host.ChangePath(host.File("second.gguf"));
        await host.Until(ModelState.Loading);
        Task<List<ScoreBlock>> waiting = host.Model.ScoreAsync(TwoBlocks).ToListAsync().AsTask();
        Assert.True(await running.MoveNextAsync());
        Assert.False(waiting.IsCompleted);
        Assert.False(await running.MoveNextAsync());
        Assert.NotEmpty(await waiting);
        Assert.Equal(("second.gguf", 1), (host.Served, host.Backend.Loaded[0].Disposals));
    }

    [Fact]
    public async Task Without_room_for_both_a_new_one_that_does_not_load_has_the_old_one_loaded_again()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Backend.Before = (options, _) => host.Backend.Loaded.Exists(model => model.Disposals == 0) ? throw new InsufficientMemoryException("No room.", 2, 1)
            : options.Path.EndsWith("second.gguf", StringComparison.Ordinal) ? throw new ModelFileException("Broken file.") : Task.CompletedTask;
        host.ChangePath(host.File("second.gguf"));
        await host.Until(ModelState.Degraded);
        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Equal(("first.gguf", "Broken file.", 2), (host.Served, host.Status.Failure!.Message, host.Backend.Loaded.Count));
    }

    [Fact]
    public async Task A_cancelled_drain_leaves_the_old_version_open()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Backend.Before = (_, _) => throw new InsufficientMemoryException("No room.", 2, 1);
        IModel held = await host.Models.LeaseAsync();
        host.ChangePath(host.File("second.gguf"));
        await host.Until(ModelState.Loading);
        host.ChangePath(host.File("first.gguf"));
        await host.Until(ModelState.Ready);
        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
        await held.DisposeAsync();
        Assert.Equal(0, Assert.Single(host.Backend.Loaded).Disposals);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_newer_configuration_cancels_a_loading_that_never_ends(bool listens)
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        var endless = new TaskCompletionSource();
        host.Backend.Before = (options, stop) => !options.Path.EndsWith("endless.gguf", StringComparison.Ordinal) ? Task.CompletedTask : endless.Task.WaitAsync(listens ? stop : default);
        host.ChangePath(host.File("endless.gguf"));
        await host.Until(() => host.Log.Any(line => line.Contains("endless.gguf", StringComparison.Ordinal)));
        host.ChangePath(host.File("second.gguf"));
        await host.UntilLater(() => host.Served == "second.gguf");
        Assert.Equal(ModelState.Ready, host.Status.State);
        Assert.Equal(!listens, host.Log.Any(line => line.Contains("is abandoned", StringComparison.Ordinal)));
        endless.SetResult(); // a result that arrives too late is disposed of
        await host.Until(() => host.Backend.Loaded.TrueForAll(model => model.Disposals == (model.Options.Path.EndsWith("second.gguf", StringComparison.Ordinal) ? 0 : 1)));
    }

    [LinuxTheory]
    [InlineData("ChatTemplate")] // read with the configuration
    [InlineData("Gate:File")] // read by the loading
    public async Task A_file_that_never_arrives_does_not_hold_up_later_configurations(string setting)
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        string oracle = "Engine:Models:oracle:", changed = "Engine:Models:default:", pipe = host.Missing("pipe");
        using (var make = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync();
        }
        host.Change((oracle + "Path", host.File("first.gguf")), (oracle + "Backend", host.Backend.Name), (changed + "Gate:Oracle", "oracle"), (changed + setting, pipe));
        if (setting == "Gate:File")
        {
            // The first, the oracle, the one that is to be judged; the oracle can be loaded twice if the gate asks for it before the configuration has started it.
            await host.Until(() => host.Backend.Loaded.Count >= 3);
            await Task.Delay(100); // so that the pipe is being opened, which nothing cancels
        }
        host.Change((changed + "Gate:Oracle", null), (changed + setting, null), (changed + "Path", host.File("second.gguf")));
        await host.UntilLater(() => host.Served == "second.gguf");
        Assert.Equal(ModelState.Ready, host.Status.State);
        Assert.Equal(setting == "ChatTemplate", host.Log.Any(line => line.Contains("names a file that could not be read for 2 s", StringComparison.Ordinal)));
        await new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite).DisposeAsync(); // lets go of the thread that waits
    }

    [Fact]
    public async Task Stopping_the_host_cancels_a_loading_that_never_ends()
    {
        ChangingHost host = await ChangingHost.StartAsync();
        var began = new TaskCompletionSource();
        host.Backend.Before = (_, stop) =>
        {
            began.SetResult();
            return Task.Delay(Timeout.Infinite, stop);
        };
        host.ChangePath(host.File("second.gguf"));
        await began.Task;
        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, Assert.Single(host.Backend.Loaded).Disposals);
    }

    [Fact]
    public async Task A_request_that_waits_for_a_loading_gets_the_model_of_the_newer_configuration()
    {
        await using var host = new ChangingHost(); // not started: the request starts the load
        var began = new TaskCompletionSource();
        host.Backend.Before = (options, stop) =>
        {
            began.TrySetResult();
            return options.Path.EndsWith("first.gguf", StringComparison.Ordinal) ? Task.Delay(Timeout.Infinite, stop) : Task.CompletedTask;
        };
        Task<IModel> waiting = host.Models.LeaseAsync().AsTask();
        await began.Task;
        host.ChangePath(host.File("second.gguf"));
        await using IModel model = await waiting;
        Assert.Equal("second.gguf", Path.GetFileName(model.Card.Path));
    }

    [Fact]
    public async Task The_old_one_is_loaded_again_when_it_fails_and_its_change_does_not_load()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Backend.Before = (options, _) => options.Path.EndsWith("second.gguf", StringComparison.Ordinal) ? throw new ModelFileException("Broken file.") : Task.CompletedTask;
        host.ChangePath(host.File("second.gguf"));
        await host.Until(ModelState.Degraded);
        host.Backend.Loaded[0].Failure = new NativeFailureException("An assertion failed.");
        await Assert.ThrowsAsync<NativeFailureException>(() => host.Model.ScoreAsync(TwoBlocks).ToListAsync().AsTask());
        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Equal((ModelState.Degraded, "first.gguf", 2), (host.Status.State, host.Served, host.Backend.Loaded.Count));
    }

    [Fact]
    public async Task A_change_that_does_not_affect_the_model_loads_nothing()
    {
        await using ChangingHost host = await ChangingHost.StartAsync(null, ("Engine:Models:default:TensorSplit:0", "1"), ("Engine:Models:default:TensorSplit:1", "2"));
        host.Change(("Logging:LogLevel:Default", "Debug"));
        host.Change(("Engine:Models:default:UnloadAfter", "01:00:00"), ("Engine:Models:default:Load", "OnUse"));
        await host.Until(() => host.Models.OptionsOf().UnloadAfter == TimeSpan.FromHours(1));
        Assert.Equal(ModelState.Ready, host.Status.State);
        host.Change(("Engine:Models:default:TensorSplit:1", "3"));
        await host.Until(() => host.Backend.Loaded.Count == 2);
        await host.Backend.Loaded[0].Disposed.WaitAsync();
    }

    [Fact]
    public async Task A_tokenizer_resolved_once_is_that_of_the_version_that_serves()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        ITokenizer tokenizer = host.Model.Tokenizer;
        host.ChangePath(host.File("second.gguf"));
        await host.UntilServed("second.gguf");
        await host.Backend.Loaded[0].Disposed.WaitAsync();
        Assert.NotEmpty(tokenizer.Encode("text"));
    }

    [Fact]
    public async Task Swaps_in_a_loop_under_load_fail_no_request()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        string[] files = [host.File("first.gguf"), host.File("second.gguf"), host.File("third.gguf")];
        using var done = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            int answered = 0;
            for (; !done.IsCancellationRequested; answered++)
            {
                await using IModel model = await host.Models.LeaseAsync();
                Assert.Equal(2, (await model.ScoreAsync(TwoBlocks).ToListAsync()).Count);
                Assert.Equal(2, (await host.Model.ScoreAsync(TwoBlocks).ToListAsync()).Count);
            }
            return answered;
        }))];
        for (int swap = 1; swap <= 200; swap++)
        {
            host.ChangePath(files[swap % 3]);
            if (swap % 4 != 0) // now and then a change comes before the one before it is done
            {
                await host.UntilServed(Path.GetFileName(files[swap % 3]));
            }
        }
        await done.CancelAsync();
        Assert.All(await Task.WhenAll(clients), answered => Assert.True(answered > 0));
        await host.Until(() => host.Backend.Loaded.Count(model => model.Disposals == 0) == 1);
        Assert.DoesNotContain(host.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }
}
