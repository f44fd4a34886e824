using Engine.Registry;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Tests.Registry;

/// <summary>Models are added to and removed from the configuration while the host runs, and configurations may be invalid.</summary>
public sealed class ModelRosterTests
{
    private static ScoreRequest TwoBlocks => new() { Tokens = Prompt.FromTokens([0, 0, 0]) };

    [Fact]
    public async Task An_added_model_becomes_available_and_a_removed_one_ends_what_it_began()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Change(("Engine:Models:other:Path", host.File("other.gguf")), ("Engine:Models:other:Backend", "fake"));
        Assert.Equal(["default", "other"], host.Models.Names);
        await host.Until(() => host.Models.StatusOf("other").State == ModelState.Ready);
        IModel other = host.Services.GetRequiredKeyedService<IModel>("other");
        await using IAsyncEnumerator<ScoreBlock> running = other.ScoreAsync(TwoBlocks).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());

        host.Change(("Engine:Models:other", null));
        Assert.Equal(["default"], host.Models.Names);
        Assert.Throws<ConfigurationException>(() => host.Models.StatusOf("other"));
        var refusal = await Assert.ThrowsAsync<ConfigurationException>(() => other.ScoreAsync(TwoBlocks).ToListAsync().AsTask());
        Assert.Equal("Asking the model 'other': it was removed from the configuration. Add Engine:Models:other again, or ask another model.", refusal.Message);
        Assert.True(await running.MoveNextAsync());
        Assert.False(await running.MoveNextAsync());
        await host.Backend.Loaded[1].Disposed.WaitAsync();

        host.Change(("Engine:Models:other:Path", host.File("other.gguf")), ("Engine:Models:other:Backend", "fake"));
        Assert.NotEmpty(await other.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Equal(3, host.Backend.Loaded.Count);
    }

    [Fact]
    public async Task A_model_that_is_removed_while_it_loads_never_serves()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        var began = new TaskCompletionSource();
        host.Backend.Before = (_, stop) =>
        {
            began.SetResult();
            return Task.Delay(Timeout.Infinite, stop);
        };
        host.Change(("Engine:Models:other:Path", host.File("other.gguf")), ("Engine:Models:other:Backend", "fake"));
        await began.Task;
        Task<IModel> waiting = host.Models.LeaseAsync("other").AsTask();
        host.Change(("Engine:Models:other", null));
        await Assert.ThrowsAsync<ConfigurationException>(() => waiting);
        Assert.Single(host.Backend.Loaded);
    }

    [Fact]
    public async Task A_model_that_comes_back_waits_until_its_old_version_has_drained()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        (string, string?)[] other = [("Engine:Models:other:Path", host.File("other.gguf")), ("Engine:Models:other:Backend", "fake")];
        host.Backend.Before = (_, _) => host.Backend.Loaded.Count(model => model.Disposals == 0) > 1 ? throw new InsufficientMemoryException("No room.", 2, 1) : Task.CompletedTask;
        host.Change(other);
        IModel held = await host.Models.LeaseAsync("other");
        host.Change(("Engine:Models:other", null));
        host.Change(other);
        Task<IModel> waiting = host.Models.LeaseAsync("other").AsTask();
        await host.Until(() => host.Log.Any(line => line.Contains("There is no room", StringComparison.Ordinal)));
        Assert.False(waiting.IsCompleted);
        await held.DisposeAsync();
        await (await waiting).DisposeAsync();
    }

    [Fact]
    public async Task An_oracle_that_does_not_load_fails_the_start_with_its_message()
    {
        var host = new ChangingHost(null, ("Engine:Models:default:Gate:Oracle", "oracle"), ("Engine:Models:oracle:Backend", "fake"));
        host.Change(("Engine:Models:oracle:Path", host.File("oracle.gguf")));
        host.Backend.Before = (options, _) => options.Path.EndsWith("oracle.gguf", StringComparison.Ordinal) ? throw new ModelFileException("Broken oracle.") : Task.CompletedTask;
        var error = await Assert.ThrowsAsync<ModelFileException>(() => host.StartAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("Broken oracle.", error.Message);
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_removed_model_that_is_the_only_one_changes_nothing()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Change(("Engine:Models:default", null));
        Assert.Equal(["default"], host.Models.Names);
        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Single(host.Log, line => line.Contains("Models is empty", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_added_model_that_does_not_load_has_failed_says_so_and_is_tried_again_when_its_file_changes()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Backend.Before = (options, _) => File.ReadAllText(options.Path) == "broken" ? throw new ModelFileException("Broken file.") : Task.CompletedTask;
        host.Change(("Engine:Models:other:Path", host.File("other.gguf", "broken")), ("Engine:Models:other:Backend", "fake"));
        await host.Until(() => host.Models.StatusOf("other").State == ModelState.Failed);
        await host.Until(() => host.Log.Contains("Error: The model 'other' does not serve: Broken file."));
        Assert.Equal(ModelState.Ready, host.Status.State);
        host.File("other.gguf", "whole");
        await host.UntilLater(() => host.Models.StatusOf("other").State == ModelState.Ready);
    }

    [Theory]
    [InlineData("Engine:Models:default:Pth", "second.gguf", "Models:default:Pth is not a known key. Did you mean Path?")]
    [InlineData("Engine:Models:default:Slots", "many", "Models:default:Slots is 'many'. Set it to a whole number.")]
    [InlineData("Engine:Models:default:UnloadAfter", "600", "Models:default:UnloadAfter is '600'. Set it to hours:minutes:seconds, such as 00:10:00.")]
    [InlineData("Engine:Models:default:Gate:Oracel", "x", "Models:default:Gate:Oracel is not a known key. Did you mean Oracle?")]
    public async Task A_configuration_with_a_mistake_changes_nothing_and_is_reported_once(string key, string value, string message)
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Change((key, value), ("Engine:Models:other:Path", host.File("other.gguf")), ("Engine:Models:other:Backend", "fake"));
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["default"], host.Models.Names);
        Assert.Equal(new ModelStatus("default", ModelState.Ready), host.Status);
        Assert.Contains(message, Assert.Single(host.Log, line => line.StartsWith("Error", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Single(host.Backend.Loaded);

        host.Change((key, null));
        Assert.Equal(["default", "other"], host.Models.Names);
    }

    [Fact]
    public async Task A_missing_file_changes_nothing_until_it_appears()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.ChangePath(host.Missing("second.gguf"));
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((ModelState.Ready, "first.gguf"), (host.Status.State, host.Served));
        Assert.Contains("second.gguf', and there is no such file.", Assert.Single(host.Log, line => line.StartsWith("Error", StringComparison.Ordinal)), StringComparison.Ordinal);
        host.File("second.gguf");
        await host.UntilLater(() => host.Served == "second.gguf");
    }

    [Fact]
    public async Task The_options_monitor_of_the_framework_has_the_last_configuration_without_mistakes()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        var monitor = host.Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitor<EngineOptions>>();
        host.Change(("Engine:Models:default:Slots", "2"));
        host.Change(("Engine:Models:default:Slots", "0"));
        Assert.Equal(2, monitor.CurrentValue.Models["default"].Slots);
    }
}
