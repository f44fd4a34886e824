using Engine.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ReferenceModels;

namespace Engine.LLamaSharp.Tests;

/// <summary>A model changes its backend in a process that holds one llama.cpp.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class BackendSwapTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_other_llama_cpp_is_refused_and_what_serves_keeps_serving_while_the_reference_may_come_and_go()
    {
        var configuration = new ChangingConfiguration(
            ("Engine:Models:default:Path", TinyFamilies.Llama(_folder.File("model.gguf"))), ("Engine:Models:default:Backend", "llamasharp"), ("Engine:Models:default:Device", "cpu"));
        var collection = new ServiceCollection();
        collection.AddEngine(new ConfigurationBuilder().Add(configuration).Build()).AddReferenceModels().AddLLamaSharp();
        await using ServiceProvider services = collection.BuildServiceProvider();
        var registry = services.GetRequiredService<IModelRegistry>();
        IModel model = await registry.GetAsync();
        using var done = new CancellationTokenSource();
        Task<int> client = Task.Run(async () =>
        {
            int answers = 0;
            for (; !done.IsCancellationRequested; answers++)
            {
                Assert.Equal(3, (await model.GenerateAsync(new() { Prompt = Prompt.FromTokens([1, 2]), MaxTokens = 3, IgnoreEndOfGeneration = true }).ToListAsync()).Count);
            }
            return answers;
        });

        for (int i = 0; i < 3; i++)
        {
            configuration.Change(("Engine:Models:default:Backend", "llama.cpp"));
            await Until(ModelState.Degraded, "llamasharp");
            Assert.Contains("already runs the backend 'llamasharp'", Assert.IsType<NativeLibraryException>(registry.StatusOf().Failure).Message, StringComparison.Ordinal);
            configuration.Change(("Engine:Models:default:Backend", "reference"));
            await Until(ModelState.Ready, "reference");
            configuration.Change(("Engine:Models:default:Backend", "llamasharp"));
            await Until(ModelState.Ready, "llamasharp");
        }
        await done.CancelAsync();
        Assert.True(await client > 0);

        async Task Until(ModelState state, string backend)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (registry.StatusOf().State != state || model.Card.Backend != backend)
            {
                await Task.Delay(5, limit.Token);
            }
        }
    }
}
