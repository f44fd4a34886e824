using Engine.LlamaCpp.Direct;
using Engine.Serving;
using Tests.Contracts;

namespace Engine.Tests.LlamaCpp.Direct;

/// <summary>llama.cpp under a load that comes and goes at random.</summary>
[Collection(AloneInTheProcess.Name)]
public sealed class LlamaCppChaosTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<ServedModel> Load(bool exact = false) => (ServedModel)await new LlamaCppBackend().LoadAsync(new()
    {
        Path = TinyFamilies.Llama(_folder.File("model.gguf")),
        Device = "cpu",
        Threads = 1,
        ContextLength = 128,
        Slots = 8,
        CacheTokens = exact ? 0 : 512,
        Exact = exact,
        Queue = 20_000,
    });

    [Theory]
    [InlineData(false, 2000)]
    [InlineData(true, 800)] // each sequence is evaluated alone
    public async Task Many_requests_all_end_and_leave_no_cells_and_no_memory(bool exact, int requests)
    {
        await using ServedModel model = await Load(exact);
        var chaos = new Chaos(model, seed: 3);
        await chaos.RunAsync(requests / 4); // contexts, threads and buffers are there now
        (long managed, long process) = Memory();
        await chaos.RunAsync(requests - requests / 4);
        (long managedNow, long processNow) = Memory();
        Assert.True(managedNow - managed < 1 << 20, $"{managedNow - managed} bytes");
        Assert.True(processNow - process < 32 << 20, $"{processNow - process} bytes"); // what the allocators keep; measured 6 and 8 MB
        Assert.All(["answered", "cancelled", "left", "scored", "embedded", nameof(DeadlineExceededException)], ending => Assert.True(chaos.Endings.GetValueOrDefault(ending) > 5, ending));
        Assert.True(model.Counters.SharedPrefixes > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposing_under_load_ends_every_request(bool exact) => await new Chaos(await Load(exact), seed: 4).DisposeAsync(300);

    private static (long Managed, long Process) Memory() => (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
}
