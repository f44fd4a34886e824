using System.Diagnostics;

namespace Engine.Host.Tests.Commands;

/// <summary>A text through a pipe, wherever one is expected.</summary>
public sealed class StandardInputTests
{
    [Theory]
    [InlineData("hello", "hello")]
    [InlineData("hello\n", "hello")]
    [InlineData("hello\r\n", "hello")]
    [InlineData("hello\n\n", "hello\n")]
    public async Task A_piped_text_loses_the_line_end_that_a_shell_adds(string piped, string text)
    {
        string expected = (await EngineProcess.RunAsync("tokenize", text, "--ids")).Output;
        Assert.NotEmpty(expected);
        Assert.Equal(expected, (await EngineProcess.RunAsync(["tokenize", "--ids"], piped)).Output);
        Assert.Equal(expected, (await EngineProcess.RunAsync(["tokenize", "-", "--ids"], piped)).Output);
    }

    [Fact]
    public async Task Generate_embed_and_validate_take_it_as_well()
    {
        string[] greedy = ["--temperature", "0", "--max-tokens", "5"];
        Assert.Equal(
            (await EngineProcess.RunAsync(["generate", "Once upon a time", .. greedy])).Output, (await EngineProcess.RunAsync(["generate", .. greedy], "Once upon a time\n")).Output);

        string[] bert = ["embed", "--model", Path.Combine(SharedFolder.Checkout, "models", "bert-facts.gguf"), "--json"];
        Assert.Equal((await EngineProcess.RunAsync([.. bert, "a cat", "a dog"])).Output, (await EngineProcess.RunAsync([.. bert, "--lines"], "a cat\n\na dog\n")).Output);

        Outcome validated = await EngineProcess.RunAsync(["validate", "--json"], "Once upon a time\n");
        Assert.Equal((await EngineProcess.RunAsync("validate", "--json", "--text", "Once upon a time")).Output, validated.Output);
        Assert.NotEqual((await EngineProcess.RunAsync("validate", "--json")).Output, validated.Output);
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("tokenize")]
    [InlineData("embed")]
    public async Task Empty_or_closed_standard_input_is_no_text(string verb)
    {
        Outcome empty = await EngineProcess.RunAsync(verb);
        Assert.Equal(2, empty.ExitCode);
        Assert.Contains("is missing: give it as", empty.Error, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            using Process process = EngineProcess.Start(new ProcessStartInfo("sh", ["-c", "exec \"$0\" \"$1\" <&-", EngineProcess.Path, verb]) { RedirectStandardError = true });
            string error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal((2, empty.Error), (process.ExitCode, error));
        }
    }
}
