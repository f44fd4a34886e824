namespace Engine.Host.Tests.Commands;

public sealed class HelpTextTests
{
    [Fact]
    public async Task The_root_says_what_it_is_for_and_lists_the_verbs()
    {
        Outcome help = await EngineProcess.RunAsync("--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("llama.cpp", help.Output, StringComparison.Ordinal);
        Assert.All(["generate", "validate", "inspect", "tokenize", "bench", "serve", "--version"], word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
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
    [InlineData("validate", "--layers", "--arithmetic", "--text", "--tokens", "--numerics", "--reference-model", "--json")]
    [InlineData("inspect", "FILE", "--json")]
    [InlineData("tokenize", "TEXT", "--ids", "--no-special", "--cases", "--backend", "--json")]
    [InlineData("embed", "TEXT…", "--pair", "--file", "--tokens", "--pooling", "--normalize", "--json")]
    [InlineData("quantize", "IN OUT TYPE", "Q4_K_M", "--allow-requantize", "--imatrix", "--json")]
    [InlineData("train-tokenizer", "--data", "--out", "--scheme", "--size", "--min-frequency", "--json")]
    [InlineData("bench", "--prompt-tokens", "--generate-tokens", "--repeat", "--json")]
    [InlineData("serve", "--urls", "--queue", "http://127.0.0.1:8080")]
    [InlineData("shadow report", "[STORE]", "--model", "--since", "--plot", "--json")]
    [InlineData("doctor", "--library", "--json", "Exit code")]
    [InlineData("completion", "SHELL", "bash, zsh, fish, powershell")]
    public async Task A_verb_shows_its_options_their_defaults_and_an_example_in_80_columns(string verb, params string[] words)
    {
        Outcome help = await EngineProcess.RunAsync(["help", .. verb.Split(' ')]);
        Assert.Equal(0, help.ExitCode);
        Assert.All([.. words, $"\n  engine {verb} "], word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
        Assert.All(help.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("validate")]
    [InlineData("bench")]
    [InlineData("embed")]
    [InlineData("serve")]
    public async Task Every_verb_that_loads_a_model_has_the_same_options_for_it(string verb)
    {
        Outcome help = await EngineProcess.RunAsync(verb, "--help");
        Assert.All(["--model PATH", "--backend NAME", "--device auto|cpu|cuda|vulkan|metal", "--threads N", "--context N", "--library PATH", "Default"],
            option => Assert.Contains(option, help.Output, StringComparison.Ordinal));
    }
}
