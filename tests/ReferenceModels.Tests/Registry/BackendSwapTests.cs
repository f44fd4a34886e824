using Engine;
using Engine.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ReferenceModels.Tests.Registry;

/// <summary>Real models are swapped in a loop while clients generate.</summary>
public sealed class BackendSwapTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task A_truncated_or_invalid_file_leaves_the_old_model_serving_under_load(string backend)
    {
        string right = new RandomLlama { V = 300, Seed = 1 }.Write(_folder.File("right.gguf"));
        byte[] bytes = File.ReadAllBytes(right);
        string[] wrong = [_folder.File("cut.gguf", bytes[..(bytes.Length / 2)]), _folder.File("head.gguf", bytes[..100]), _folder.File("empty.gguf", []), _folder.File("text.gguf", "no model"u8.ToArray())];
        var configuration = new ChangingConfiguration(
            ("Engine:Models:default:Path", right), ("Engine:Models:default:Backend", backend), ("Engine:Models:default:Device", "cpu"), ("Engine:Models:default:ContextLength", "64"));
        var collection = new ServiceCollection();
        collection.AddEngine(new ConfigurationBuilder().Add(configuration).Build()).AddReferenceModels();
        await using ServiceProvider services = collection.BuildServiceProvider();
        var registry = services.GetRequiredService<IModelRegistry>();
        IModel model = await registry.GetAsync();
        using var done = new CancellationTokenSource();
        Task<int> client = Task.Run(async () =>
        {
            int answers = 0;
            for (; !done.IsCancellationRequested; answers++)
            {
                Assert.Equal(4, (await model.GenerateAsync(new() { Prompt = Prompt.FromTokens([1, 5]), MaxTokens = 4, IgnoreEndOfGeneration = true }).ToListAsync()).Count);
            }
            return answers;
        });
        foreach (string path in wrong)
        {
            configuration.Change(("Engine:Models:default:Path", path));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (registry.StatusOf().Failure?.Message.Contains(Path.GetFileName(path), StringComparison.Ordinal) != true)
            {
                await Task.Delay(5, limit.Token);
            }
            Assert.IsType<ModelFileException>(registry.StatusOf().Failure);
            Assert.Equal((ModelState.Degraded, right), (registry.StatusOf().State, model.Card.Path));
        }
        await done.CancelAsync();
        Assert.True(await client > 0);
    }

    [Fact]
    public async Task Swaps_between_llama_cpp_and_the_reference_fail_no_request_and_mix_no_models_in_an_answer()
    {
        string[] files = [new RandomLlama { V = 300, Seed = 1 }.Write(_folder.File("1.gguf")), new RandomLlama { V = 320, Seed = 2 }.Write(_folder.File("2.gguf"))];
        var configuration = new ChangingConfiguration(
            ("Engine:Models:default:Path", files[0]), ("Engine:Models:default:Backend", "llama.cpp"), ("Engine:Models:default:Device", "cpu"), ("Engine:Models:default:Slots", "4"),
            ("Engine:Models:default:ContextLength", "64"));
        var collection = new ServiceCollection();
        collection.AddEngine(new ConfigurationBuilder().Add(configuration).Build()).AddReferenceModels();
        await using ServiceProvider services = collection.BuildServiceProvider();
        var registry = services.GetRequiredService<IModelRegistry>();
        IModel model = await registry.GetAsync();
        using var done = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 4).Select(client => Task.Run(() => GenerateAsync(client % 2 == 0 ? null : model)))];

        (string Backend, string File)[] steps = [("reference", files[0]), ("reference", files[1]), ("llama.cpp", files[1]), ("llama.cpp", files[0])];
        for (int swap = 0; swap < 12; swap++)
        {
            (string backend, string file) = steps[swap % steps.Length];
            configuration.Change(
                ("Engine:Models:default:Backend", backend), ("Engine:Models:default:Path", file), ("Engine:Models:default:Slots", $"{2 + (swap % 3)}"));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (registry.StatusOf() is not { State: ModelState.Ready } || (model.Card.Backend, model.Card.Path) != (backend, file))
            {
                await Task.Delay(5, limit.Token);
            }
        }
        await done.CancelAsync();
        Assert.All(await Task.WhenAll(clients), answers => Assert.True(answers > 0));

        // Half of the clients lease a version for each answer, the others use whichever is serving.
        async Task<int> GenerateAsync(IModel? always)
        {
            int answers = 0;
            for (; !done.IsCancellationRequested; answers++)
            {
                await using IModel? lease = always is null ? await registry.LeaseAsync() : null;
                IModel asked = always ?? lease!;
                (string Path, string Backend) before = (asked.Card.Path, asked.Card.Backend);
                var request = new GenerateRequest { Prompt = Prompt.FromTokens([1, 5, 9]), MaxTokens = 12, IgnoreEndOfGeneration = true, Logits = StepLogits.Full, Sampling = SamplingOptions.Greedy };
                List<GeneratedToken> tokens = await asked.GenerateAsync(request).ToListAsync();
                Assert.Equal(12, tokens.Count);
                Assert.Single(tokens.Select(token => token.Logits!.Length).Distinct()); // the two models differ in their vocabulary
                Assert.True(lease is null || before == (asked.Card.Path, asked.Card.Backend));
            }
            return answers;
        }
    }
}
