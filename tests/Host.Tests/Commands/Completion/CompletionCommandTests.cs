using System.Diagnostics;

namespace Engine.Host.Tests.Commands.Completion;

public sealed class CompletionCommandTests
{
    /// <summary>In a real bash, as it calls the function that the script registers.</summary>
    [LinuxFact]
    public async Task Bash_completes_verbs_options_and_values_with_the_script()
    {
        const string Script = """
            eval "$("$ENGINE" completion bash)"
            for line in 'engine gen' 'engine generate --device c' 'engine generate --device=c' 'engine generate hello --model builtin:llama-t' 'engine generate --model=builtin:llama-t' \
                'engine generate --json --de' 'engine generate --model ./li' 'engine generate --model=./li'; do
                COMP_LINE=$line COMP_POINT=${#line}
                _engine "$ENGINE"
                echo "$line> ${COMPREPLY[*]:0:4}"
            done
            complete -p engine
            """;
        var start = new ProcessStartInfo("bash", ["-c", Script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ENGINE"] = EngineProcess.Path;
        using Process bash = EngineProcess.Start(start);
        Task<string> errors = bash.StandardError.ReadToEndAsync();
        string[] lines = (await bash.StandardOutput.ReadToEndAsync()).TrimEnd().Split('\n');
        Assert.Empty(await errors);
        Assert.Equal(
        [
            "engine gen> generate",
            "engine generate --device c> cpu cuda",
            "engine generate --device=c> cpu cuda", // bash takes the equals sign for the end of a word, and the colon
            "engine generate hello --model builtin:llama-t> llama-tools llama-tools-q8_0",
            "engine generate --model=builtin:llama-t> llama-tools llama-tools-q8_0",
            "engine generate --json --de> --device",
            "engine generate --model ./li> ", // a path: bash's own
            "engine generate --model=./li> ",
            "complete -o bashdefault -o default -F _engine engine",
        ], lines);
    }

    /// <summary>As zsh, fish and PowerShell have them, which replace the whole word.</summary>
    [Theory]
    [InlineData("generate --device=c", "--device=cpu", "--device=cuda")]
    [InlineData("generate --device=cpu --js", "--json")]
    [InlineData("generate --model=builtin:bert", "--model=builtin:bert-facts")]
    [InlineData("generate --model=./li")]
    [InlineData("generate --json=")] // which takes no value
    [InlineData("help gen", "generate")]
    public async Task Proposals_stand_for_the_last_word_of_the_line(string line, params string[] proposals)
    {
        Outcome outcome = await EngineProcess.RunAsync($"[suggest:{line.Length}]", line);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Equal(proposals, outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Empty(outcome.Error);
    }

    [Theory]
    [InlineData("zsh", "compdef _engine engine")]
    [InlineData("fish", "complete -c engine")]
    [InlineData("powershell", "Register-ArgumentCompleter -Native -CommandName engine")]
    [InlineData("Bash", "complete -o bashdefault")]
    public async Task Every_shell_has_a_script(string shell, string registers)
    {
        Outcome outcome = await EngineProcess.RunAsync("completion", shell);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Contains(registers, outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unsupported_shell_is_refused_with_the_supported_ones()
    {
        Outcome outcome = await EngineProcess.RunAsync("completion", "tcsh");
        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("SHELL: expected one of bash, zsh, fish, powershell, found 'tcsh'.", outcome.Error, StringComparison.Ordinal);
    }
}
