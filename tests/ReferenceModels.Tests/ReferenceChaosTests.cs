using Engine;
using Engine.Serving;
using Tests.Contracts;

namespace ReferenceModels.Tests;

/// <summary>The managed implementation under a load that comes and goes at random.</summary>
[Collection(AloneInTheProcess.Name)]
public sealed class ReferenceChaosTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<ServedModel> Load() => (ServedModel)await new ReferenceBackend().LoadAsync(
        new() { Path = TinyFamilies.Llama(_folder.File("model.gguf")), ContextLength = 128, Slots = 8, CacheTokens = 400, Queue = 20_000 });

    [Fact]
    public async Task Ten_thousand_requests_all_end_and_leak_no_cell_and_no_memory()
    {
        await using ServedModel model = await Load();
        var chaos = new Chaos(model, seed: 1);
        await chaos.RunAsync(2500); // now threads, passes and buffers exist
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await chaos.RunAsync(7500);
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 1 << 20, $"{grown} bytes"); // 140 bytes a request: no ticket, no list of tokens
        Assert.All(["answered", "cancelled", "left", "scored", "embedded", nameof(DeadlineExceededException)], ending => Assert.True(chaos.Endings.GetValueOrDefault(ending) > 20, ending));
        Assert.True(model.Counters.Parks > 0 && model.Counters.SharedPrefixes > 0);
    }

    [Fact]
    public async Task Disposing_under_load_ends_every_request() => await new Chaos(await Load(), seed: 2).DisposeAsync(500);
}
