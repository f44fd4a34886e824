using System.Text.Json;

namespace Engine.Host.Tests.Commands.Validating;

/// <summary>The models that ship pass the judge that they are there to show.</summary>
public sealed class ValidateShippedTests
{
    [Theory]
    [InlineData("llama-stories-f32", "strict")]
    [InlineData("llama-stories-q8_0", "strict")]
    [InlineData("llama-stories-q8_0", "production")]
    [InlineData("gpt2-moods", "strict")]
    [InlineData("bert-facts", "strict")]
    [InlineData("t5-translations", "strict")]
    public async Task Native_and_reference_agree(string name, string numerics)
    {
        Outcome outcome = await EngineProcess.RunAsync("validate", "--model", Path.Combine("models", name + ".gguf"), "--numerics", numerics, "--json");

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Equal("pass", JsonDocument.Parse(outcome.Output).RootElement.GetProperty("verdict").GetString());
    }
}
