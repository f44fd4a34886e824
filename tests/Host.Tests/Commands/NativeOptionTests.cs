using System.Text.Json;

namespace Engine.Host.Tests.Commands;

/// <summary>The options of llama.cpp's memory and devices, from the command line to the context.</summary>
public sealed class NativeOptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<Outcome> Generate(params string[] options) =>
        EngineProcess.RunAsync(["generate", "--model", TinyFamilies.Llama(_folder.File("model.gguf")), "--tokens", "259,260,261", "--max-tokens", "4", "--temperature", "0", "--device", "cpu", "--json", .. options]);

    [Fact]
    public async Task They_reach_llama_cpp()
    {
        Outcome usual = await Generate(), other = await Generate(
            "--verbose", "--cache-type", "f32", "--flash-attention", "off", "--micro-batch", "8", "--batch-threads", "1", "--no-repack", "--split-mode", "row", "--tensor-split", "3,1", "--main-device", "0");
        Assert.Equal((0, 0), (usual.ExitCode, other.ExitCode));
        Assert.Contains("n_ubatch              = 8", other.Error, StringComparison.Ordinal);
        Assert.Contains("K (f32)", other.Error, StringComparison.Ordinal);
        Assert.Equal(Ids(usual), Ids(other));

        static string Ids(Outcome outcome) => JsonDocument.Parse(outcome.Output).RootElement.GetProperty("tokens").GetRawText();
    }

    [Theory]
    [InlineData("--tensor-split: expected up to 16 numbers from 0, such as 3,1, one of them above 0, found '3;1'", "--tensor-split", "3;1")]
    [InlineData("one of them above 0, found '0,0'", "--tensor-split", "0,0")]
    [InlineData("--cache-type: expected f16, q8_0 or f32, found 'q8'. Did you mean 'q8_0'?", "--cache-type", "q8")]
    [InlineData("--flash-attention: expected auto, on or off, found 'true'. Did you mean 'on'?", "--flash-attention", "true")]
    [InlineData("--micro-batch: expected a whole number from 4 to 8192, found '3'", "--micro-batch", "3")]
    [InlineData("FlashAttention is off", "--cache-type", "q8_0", "--flash-attention", "off")]
    public async Task An_invalid_value_is_refused_with_a_message(string message, params string[] options)
    {
        Outcome refused = await Generate(options);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(message, refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-fa", "--flash-attention")]
    [InlineData("-ctk", "--cache-type")]
    [InlineData("-ub", "--micro-batch")]
    public async Task Option_names_of_llama_cpp_get_a_suggestion(string theirs, string ours)
    {
        Outcome refused = await Generate(theirs, "1");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(ours, refused.Error, StringComparison.Ordinal);
    }
}
