using System.Diagnostics;
using System.Text.Json;

namespace Engine.Host.Tests.Commands;

/// <summary>The process as a shell sees it: signals, pipes, details of errors.</summary>
public sealed class CommandLineTests
{
    /// <summary>Generates for minutes, so that it is certainly still running when it is stopped.</summary>
    private static string[] Endless(params string[] arguments) =>
        ["generate", "Once upon a time", "--model", TestData.Model("aidreams260K-f32.gguf"), "--max-tokens", "1000000", "--context", "100000", "--ignore-eos", .. arguments];

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task Ctrl_C_leaves_the_text_so_far_and_exit_code_130(string backend)
    {
        using Process process = EngineProcess.Start(Endless("--backend", backend));
        char[] beginning = new char[10];
        await process.StandardOutput.ReadBlockAsync(beginning);
        Signal.Send(process, Signal.Interrupt);
        Task<string> rest = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60)); // unstopped, it would generate for minutes
        Assert.Equal(130, process.ExitCode);
        Assert.EndsWith("\n", await rest, StringComparison.Ordinal);
        await AssertNothingButTheContextIsSaidAsync(process);
    }

    [Fact]
    public async Task Ctrl_C_with_json_leaves_one_document_of_what_is_there()
    {
        using Process process = EngineProcess.Start(Endless("--json", "--verbose"));
        // The native library's last word before the first token; then a little time for tokens.
        while (await process.StandardError.ReadLineAsync() is { } line && !line.Contains("sched_reserve: reserve took", StringComparison.Ordinal))
        {
        }
        _ = process.StandardError.ReadToEndAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        Signal.Send(process, Signal.Interrupt);
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        var report = JsonSerializer.Deserialize<JsonElement>(output);
        Assert.Equal("cancelled", report.GetProperty("finish_reason").GetString());
        Assert.NotEqual(0, report.GetProperty("tokens").GetArrayLength());
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_process_quietly()
    {
        using Process process = EngineProcess.Start(Endless());
        char[] beginning = new char[10];
        await process.StandardOutput.ReadBlockAsync(beginning);
        process.StandardOutput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(141, process.ExitCode);
        await AssertNothingButTheContextIsSaidAsync(process);
    }

    // Endless is beyond what the model was trained for.
    private static async Task AssertNothingButTheContextIsSaidAsync(Process process) =>
        Assert.Matches("^Warning: [^\n]+ was trained for 128 tokens, but its context has 100000: [^\n]+\n$", await process.StandardError.ReadToEndAsync());

    [Fact]
    public async Task Ctrl_C_before_a_result_says_so()
    {
        using Process process = EngineProcess.Start(
            ["bench", "--model", TestData.Model("aidreams260K-f32.gguf"), "--prompt-tokens", "16", "--repeat", "1000", "--generate-tokens", "64", "--verbose"]);
        // The library's last word before the first run.
        while (await process.StandardError.ReadLineAsync() is { } line && !line.Contains("sched_reserve: reserve took", StringComparison.Ordinal))
        {
        }
        Signal.Send(process, Signal.Interrupt);
        string said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.EndsWith("Stopped before the last run: nothing was measured.\n", said, StringComparison.Ordinal);
        Assert.Empty(await process.StandardOutput.ReadToEndAsync());
    }

    [LinuxFact]
    public async Task A_full_disk_under_standard_output_gives_one_message_and_under_standard_error_ends_nothing()
    {
        Outcome output = await ShellAsync("\"$0\" corpus stories --count 1 > /dev/full");
        Assert.Equal(2, output.ExitCode);
        Assert.Equal("Writing to standard output: no space is left at its target. Redirect it elsewhere.\n", output.Error);
        Outcome error = await ShellAsync("\"$0\" corpus nothing 2> /dev/full");
        Assert.Equal(2, error.ExitCode);
    }

    [Theory]
    [InlineData("{bad", "what is not JSON at line 1, column 2")]
    [InlineData("[]", "something else")]
    public async Task A_configuration_that_cannot_be_read_gives_one_message(string text, string found)
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("appsettings.json", System.Text.Encoding.UTF8.GetBytes(text));
        using Process process = EngineProcess.Start(new ProcessStartInfo(EngineProcess.Path, ["serve"]) { RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(file)! });
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal((2, $"Reading the configuration '{file}': expected a JSON object, found {found}. Correct the file.\n"), (process.ExitCode, error));
    }

    private static async Task<Outcome> ShellAsync(string script)
    {
        using Process process = EngineProcess.Start(new ProcessStartInfo("sh", ["-c", script, EngineProcess.Path]) { RedirectStandardOutput = true, RedirectStandardError = true });
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, await output, await error);
    }

    [Fact]
    public async Task Details_of_an_error_are_shown_on_demand()
    {
        string[] arguments = ["generate", "a", "--model", "nowhere.gguf", "--backend", "reference"];
        Outcome plain = await EngineProcess.RunAsync(arguments);
        Assert.DoesNotContain("   at ", plain.Error, StringComparison.Ordinal);
        Outcome verbose = await EngineProcess.RunAsync([.. arguments, "--verbose"]);
        Assert.Contains("   at ", verbose.Error, StringComparison.Ordinal);
        Outcome debug = await EngineProcess.RunAsync(arguments, null, new Dictionary<string, string> { ["ENGINE_DEBUG"] = "1" });
        Assert.Contains("   at ", debug.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        Outcome outcome = await EngineProcess.RunAsync("--version");
        Assert.Matches("^engine [0-9]+\\.[0-9]+\\.[0-9]+\n$", outcome.Output);
    }
}
