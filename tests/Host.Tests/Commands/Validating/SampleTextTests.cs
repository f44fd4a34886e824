using System.Text.Json;

namespace Engine.Host.Tests.Commands.Validating;

public sealed class SampleTextTests
{
    // The cards' losses, in nats per token; one short text is not their hundreds.
    [Theory]
    [InlineData("llama-stories-q8_0", 0.364)]
    [InlineData("gpt2-moods", 0.4)]
    public async Task A_model_that_comes_with_the_engine_is_validated_on_a_text_of_its_world(string model, double loss)
    {
        Outcome outcome = await EngineProcess.RunAsync("validate", "--json", "--model", Path.Combine(SharedFolder.Checkout, "models", model + ".gguf"));
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        double perplexity = JsonSerializer.Deserialize<JsonElement>(outcome.Output).GetProperty("perplexity_native").GetDouble();
        Assert.InRange(Math.Log(perplexity), loss / 2, loss * 2);
    }
}
