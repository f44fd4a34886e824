using System.Text.Json;
using Engine.Serving;
using ReferenceModels;

namespace Engine.Host.Tests.Api;

/// <summary>Several answers to one prompt, on a model that computes.</summary>
public sealed class SharedPromptTests
{
    [Fact]
    public async Task Several_answers_evaluate_their_prompt_once()
    {
        var backend = new Watched();
        await using TestServer server = await TestServer.StartAsync([backend],
            ("Engine:Models:default:Path", Path.Combine(SharedFolder.Checkout, "models", "llama-stories-f32.gguf")),
            ("Engine:Models:default:Slots", "4"));
        string prompt = string.Concat(Enumerable.Repeat("There was a small dog. ", 8));
        JsonElement usage = (await server.CompleteAsync($$"""{"prompt": "{{prompt}}", "max_tokens": 3, "temperature": 1, "seed": 1, "n": 4}""")).GetProperty("usage");
        int tokens = usage.GetProperty("prompt_tokens").GetInt32();
        Assert.Equal(12, usage.GetProperty("completion_tokens").GetInt32());
        ServingCounters counters = backend.Model!.Counters;
        // Each of the other three has all of the first one's prompt but the last token, after which its own first token is chosen.
        Assert.Equal((3, 3 * (tokens - 1)), (counters.SharedPrefixes, counters.SavedTokens));
        Assert.Equal(tokens + 3 + 4 * 2, counters.SteppedTokens); // and every answer's tokens but its last
        Assert.Equal((0, 0, 0), (counters.Running, counters.Waiting, counters.Cells));
    }

    /// <summary>Lets the test see the model that the server loads.</summary>
    private sealed class Watched : IModelBackend
    {
        public string Name => "watched";

        public ServedModel? Model { get; private set; }

        public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress, CancellationToken cancellationToken) =>
            Model = (ServedModel)await new ReferenceBackend().LoadAsync(options, progress, cancellationToken);
    }
}
