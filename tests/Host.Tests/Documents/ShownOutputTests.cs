using System.Text.Json;
using Engine.Host.Tests.Api;

namespace Engine.Host.Tests.Documents;

/// <summary>The commands of README and docs print what is shown there.</summary>
public sealed class ShownOutputTests
{
    [Fact]
    public async Task README_s_first_command_prints_that_story_and_passes()
    {
        Document readme = Document.Read("README.md");
        IReadOnlyList<string> words = Document.Words(readme.Blocks[0].Text);
        Assert.Equal(["dotnet", "run", "-v", "m", "-c", "Release", "--project", "src/Host", "--", "generate"], words.Take(10));
        Outcome outcome = await EngineProcess.RunAsync([.. words.Skip(9)]);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        // Which tokens are drawn depends on the last digits of the logits, and so on the processor: elsewhere the story may diverge after its first sentence.
        (string story, string verdict) = Split(readme.Blocks[1].Text);
        (string told, string passed) = Split(outcome.Output);
        Assert.StartsWith(story[..(story.IndexOf('.', StringComparison.Ordinal) + 1)], told, StringComparison.Ordinal);
        ShownOutput.AssertPrinted(verdict.Replace("61 tokens", "… tokens", StringComparison.Ordinal), passed);

        static (string Story, string Verdict) Split(string text)
        {
            int end = text.IndexOf("Verified", StringComparison.Ordinal);
            return (text[..end], text[end..]);
        }
    }

    [Theory]
    [InlineData("README.md", "engine validate")]
    [InlineData("docs/parity.md", "engine validate --model tests/Data/models/aidreams260K-f32.gguf")]
    [InlineData("docs/commands.md", "engine generate \"Lily will sell three old books in the city tomorrow.\" --model models/t5-translations.gguf --temperature 0")]
    public async Task A_command_prints_the_lines_below_it(string path, string command)
    {
        Document.Block block = Document.Read(path).Blocks.Single(block => block.Lines.Contains("$ " + command));
        string shown = string.Join('\n', block.Lines.SkipWhile(line => line != "$ " + command).Skip(1));
        Outcome outcome = await EngineProcess.RunAsync([.. Document.Words(command).Skip(1)]);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        ShownOutput.AssertPrinted(shown, outcome.Output);
    }

    [Fact]
    public async Task README_s_server_answers_README_s_request()
    {
        IReadOnlyList<string> lines = Document.Read("README.md").Blocks.Single(block => block.Lines[0] == "engine serve").Lines;
        IReadOnlyList<string> curl = Document.Words(lines[1].Replace('\'', '\u0001').Replace("\"", "\u0002", StringComparison.Ordinal).Replace('\u0001', '"'));
        Assert.Equal(["curl", "http://127.0.0.1:8080/v1/completions", "-d"], curl.Take(3));
        await using ServeProcess serve = await ServeProcess.StartAsync(Document.Words(lines[0]).Skip(2));
        JsonElement answer = await serve.CompleteAsync(curl[3].Replace('\u0002', '"'));
        Assert.NotEqual("", answer.GetProperty("choices")[0].GetProperty("text").GetString());
    }

    [Fact]
    public void A_different_number_of_tokens_or_a_different_word_is_noticed()
    {
        ShownOutput.AssertPrinted("NMSE 6.28e-5\n…\nPASS", "NMSE 7.1e-5\nTolerance\n\nPASS\n");
        Assert.ThrowsAny<Exception>(() => ShownOutput.AssertPrinted("70 positions", "71 positions"));
        Assert.ThrowsAny<Exception>(() => ShownOutput.AssertPrinted("PASS: NMSE 6.28e-5", "FAIL: NMSE 6.28e-5"));
    }
}
