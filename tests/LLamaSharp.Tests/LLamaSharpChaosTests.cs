using Engine.Serving;
using Tests.Contracts;

namespace Engine.LLamaSharp.Tests;

/// <summary>LLamaSharp under a load that comes and goes at random.</summary>
[Collection(AloneInTheProcess.Name)]
public sealed class LLamaSharpChaosTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<ServedModel> Load() => (ServedModel)await new LLamaSharpBackend().LoadAsync(new()
    {
        Path = TinyFamilies.Llama(_folder.File("model.gguf")),
        Device = "cpu",
        Threads = 1,
        ContextLength = 128,
        Slots = 8,
        CacheTokens = 512,
        Queue = 20_000,
    });

    [Fact]
    public async Task Of_many_requests_each_ends_and_leaves_no_cell()
    {
        await using ServedModel model = await Load();
        var chaos = new Chaos(model, seed: 5);
        await chaos.RunAsync(600);
        Assert.All(["answered", "cancelled", "left", "scored", "embedded"], ending => Assert.True(chaos.Endings.GetValueOrDefault(ending) > 5, ending));
    }

    [Fact]
    public async Task Disposing_under_load_ends_every_request() => await new Chaos(await Load(), seed: 6).DisposeAsync(300);
}
