namespace Engine.Host.Tests.Commands;

public sealed class HelpTextTests
{
    [Fact]
    public async Task The_root_says_what_it_is_for_and_lists_the_verbs()
    {
        Outcome help = await EngineProcess.RunAsync("--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("llama.cpp", help.Output, StringComparison.Ordinal);
        Assert.All(["generate", "validate", "inspect", "bench", "serve", "--version"], word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
        Assert.Empty(help.Error);
    }

    [Fact]
    public async Task No_arguments_and_the_word_help_show_the_same_help()
    {
        Outcome help = await EngineProcess.RunAsync("--help");
        Assert.Equal(help, await EngineProcess.RunAsync());
        Assert.Equal(help, await EngineProcess.RunAsync("help"));
    }

    [Theory]
    [InlineData("generate", "PROMPT", "--max-tokens", "--temperature", "--verify", "--json")]
    [InlineData("validate", "--text", "--tokens", "--setting", "--reference-model", "--json")]
    [InlineData("bench", "--prompt-tokens", "--generate-tokens", "--repeat", "--json")]
    public async Task A_verb_shows_its_options_their_defaults_and_an_example_in_80_columns(string verb, params string[] words)
    {
        Outcome help = await EngineProcess.RunAsync("help", verb);
        Assert.Equal(0, help.ExitCode);
        Assert.All([.. words, "--model PATH", "--backend NAME", "--device", "--threads N", "Default", $"\n  engine {verb} "],
            word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
        Assert.All(help.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));
    }
}
