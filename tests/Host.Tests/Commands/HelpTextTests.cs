using Engine.Host.Commands;

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
    [InlineData("train", "--data", "--objective", "--checkpoint", "--plot")]
    [InlineData("corpus", "NAME", "--held-out", "--seed")]
    [InlineData("import", "FOLDER OUT", "--type")]
    [InlineData("export", "GGUF FOLDER")]
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

    [LinuxTheory]
    [InlineData(39)]
    [InlineData(79)]
    public void A_line_is_longer_than_the_terminal_only_where_it_is_one_word_of_an_example(int width)
    {
        foreach (Verb verb in Verbs())
        {
            string[] parts = HelpText.Render(verb, width).Split("\nExamples:\n");
            Assert.All(parts[0].Split('\n'), line => Assert.True(line.Length <= width, line));
            Assert.All(parts[1].Split('\n').Where(line => line.Length > width), line => Assert.Matches("""^ *(?:# .*|[^ "']+|"[^"]*"|'[^']*')(?: \\)?$""", line));
        }
    }

    [LinuxFact]
    public void A_shell_reads_an_example_of_several_lines_as_the_one_command_that_it_is()
    {
        foreach (Verb verb in Verbs())
        {
            string examples = HelpText.Render(verb, 39).Split("\nExamples:\n")[1].Replace(" \\\n    ", " ", StringComparison.Ordinal).Replace("\n    #", " #", StringComparison.Ordinal);
            Assert.All(verb.Examples, example => Assert.Contains($"  {string.Join(' ', example.Split(' ', StringSplitOptions.RemoveEmptyEntries))}\n", examples, StringComparison.Ordinal));
        }
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

    private static IEnumerable<Verb> Verbs() => EngineCommand.Create().Subcommands.SelectMany(verb => verb.Subcommands.Append(verb)).OfType<Verb>().Where(verb => verb.Examples.Count > 0);
}
