using Engine.Registry;

namespace Engine.Tests.Registry;

/// <summary>Models that load on first use and unload when they are idle.</summary>
public sealed class ModelIdleTests
{
    private static readonly (string, string?) OnUse = ("Engine:Models:default:Load", "onuse");
    private static readonly (string, string?) Unload = ("Engine:Models:default:UnloadAfter", "00:10:00");

    private static ScoreRequest TwoBlocks => new() { Tokens = Prompt.FromTokens([0, 0, 0]) };

    [Fact]
    public async Task A_model_that_loads_on_use_waits_for_its_first_request()
    {
        await using ChangingHost host = await ChangingHost.StartAsync(null, OnUse);
        Assert.Equal(new ModelStatus("default", ModelState.Waiting), host.Status);
        host.ChangePath(host.File("second.gguf")); // loads nothing, either
        Assert.Empty(host.Backend.Loaded);
        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Equal((ModelState.Ready, "second.gguf", 1), (host.Status.State, host.Served, host.Backend.Loaded.Count));
    }

    [Fact]
    public async Task A_failed_first_use_fails_that_request_and_not_the_host()
    {
        await using ChangingHost host = await ChangingHost.StartAsync(null, OnUse);
        host.Backend.Failure = new ModelFileException("Broken file.");
        await Assert.ThrowsAsync<ModelFileException>(() => host.Model.ScoreAsync(TwoBlocks).ToListAsync().AsTask());
        host.Backend.Failure = null;
        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
    }

    [Fact]
    public async Task An_idle_model_is_unloaded_and_loaded_again_by_its_next_request()
    {
        await using ChangingHost host = await ChangingHost.StartAsync(null, Unload);
        FakeModel first = host.Backend.Loaded[0];
        host.Clock.Advance(TimeSpan.FromMinutes(9));
        await host.Model.ScoreAsync(TwoBlocks).ToListAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal((ModelState.Ready, 0), (host.Status.State, first.Disposals));
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.Until(ModelState.Waiting);
        await first.Disposed.WaitAsync();
        Assert.Equal("first.gguf", host.Served); // a card is data, and outlives the model

        Assert.NotEmpty(await host.Model.ScoreAsync(TwoBlocks).ToListAsync());
        Assert.Equal(2, host.Backend.Loaded.Count);
        await host.UntilLater(() => host.Status.State == ModelState.Waiting, seconds: 60);
    }

    [Fact]
    public async Task Inspecting_a_model_does_not_count_as_using_it()
    {
        await using ChangingHost host = await ChangingHost.StartAsync(null, Unload);
        for (int minute = 0; minute < 10; minute++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            _ = (await host.Models.GetAsync()).Card;
        }
        await host.Until(() => host.Backend.Loaded[0].Disposals == 1);
    }

    [Fact]
    public async Task A_model_at_work_is_not_idle()
    {
        await using ChangingHost host = await ChangingHost.StartAsync(null, Unload);
        await using (IAsyncEnumerator<ScoreBlock> running = host.Model.ScoreAsync(TwoBlocks).GetAsyncEnumerator())
        {
            Assert.True(await running.MoveNextAsync());
            for (int i = 0; i < 10; i++)
            {
                host.Clock.Advance(TimeSpan.FromMinutes(10));
            }
            Assert.True(await running.MoveNextAsync());
            Assert.False(await running.MoveNextAsync());
        }
        Assert.Equal(ModelState.Ready, host.Status.State);
        host.Clock.Advance(TimeSpan.FromMinutes(20));
        await host.Until(ModelState.Waiting);
    }

    [Fact]
    public async Task An_idle_limit_can_be_set_and_removed_while_the_model_is_loaded()
    {
        await using ChangingHost host = await ChangingHost.StartAsync();
        host.Clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal(ModelState.Ready, host.Status.State);
        host.Change(Unload);
        host.Change(("Engine:Models:default:UnloadAfter", null));
        host.Clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal(ModelState.Ready, host.Status.State);
        host.Change(Unload);
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.Until(ModelState.Waiting);
        Assert.Single(host.Backend.Loaded);
    }
}
