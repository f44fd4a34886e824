using System.Diagnostics;
using System.Text;

namespace Engine.Tests.Registry;

/// <summary>A service as users write one (tests/SampleWorker), run as a process in a folder that is not its own.</summary>
public sealed class WorkerProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("builtin:llama-stories")]
    [InlineData("models/llama-stories-q8_0.gguf")]
    public async Task A_model_is_found_by_its_name_and_in_the_programs_folder(string path)
    {
        Outcome outcome = await RunAsync(Model("Path", path), Model("Backend", "reference"));
        Assert.True(outcome.ExitCode == 0, outcome.Text);
        Assert.Contains("answered", outcome.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("%", outcome.Text, StringComparison.Ordinal); // it is there at once: no word of its loading
    }

    [Fact]
    public async Task A_file_in_the_content_root_wins_over_one_in_the_programs_folder()
    {
        File.WriteAllText(_folder.File("llama-stories-q8_0.gguf"), "no model");
        Directory.CreateDirectory(_folder.File("models"));
        File.Move(_folder.File("llama-stories-q8_0.gguf"), _folder.File("models/llama-stories-q8_0.gguf"));
        Outcome outcome = await RunAsync(Model("Path", "models/llama-stories-q8_0.gguf"), Model("Backend", "reference"));
        Assert.NotEqual(0, outcome.ExitCode);
    }

    [Fact]
    public async Task SIGTERM_while_a_model_loads_ends_quietly()
    {
        Outcome outcome = await RunUntilAsync("loading has begun", Model("Path", "builtin:llama-stories"), Model("Backend", "endless"));
        Assert.True(outcome.ExitCode is 0 or 143, outcome.Text);
        Assert.All(["Unhandled", "fail:", "crit:", "   at "], word => Assert.DoesNotContain(word, outcome.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mistakes_of_the_configuration_are_one_error_of_the_start_and_without_a_stack_trace()
    {
        Outcome outcome = await RunAsync(Model("Path", "no/such.gguf"), Model("Bakend", "reference"));
        Assert.NotEqual(0, outcome.ExitCode);
        // By the host's log, and by the runtime as what ended the process.
        Assert.Equal(1, Count(outcome.Text, "fail:"));
        Assert.Equal(2, Count(outcome.Text, "Models:default:Bakend is not a known key. Did you mean Backend?"));
        Assert.Equal(2, Count(outcome.Text, "Models:default:Path is 'no/such.gguf', and there is no such file in "));
        Assert.All([Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory), Path.TrimEndingDirectorySeparator(_folder.File("."))], folder =>
            Assert.Contains(Path.GetFileName(folder.TrimEnd('.', '/')), outcome.Text, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", outcome.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelled_bundled_model_gets_a_suggestion()
    {
        Outcome outcome = await RunAsync(Model("Path", "builtin:lama-stories"), Model("Backend", "reference"));
        Assert.Contains("no model of that name comes with the engine. Did you mean 'builtin:llama-stories'?", outcome.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_model_file_fails_the_start_with_one_error()
    {
        byte[] whole = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "models", "llama-stories-q8_0.gguf"));
        await File.WriteAllBytesAsync(_folder.File("cut.gguf"), whole[..100_000]);
        Outcome outcome = await RunAsync(Model("Path", "cut.gguf"), Model("Backend", "reference"));
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Equal(1, Count(outcome.Text, "fail:"));
        Assert.All(["crit:", "cancel", "   at "], word => Assert.DoesNotContain(word, outcome.Text, StringComparison.OrdinalIgnoreCase));
        Assert.Contains("cut.gguf", outcome.Text, StringComparison.Ordinal);
    }

    private static string Model(string key, string value) => $"--Engine:Models:default:{key}={value}";

    private static int Count(string text, string word) => text.Split(word).Length - 1;

    private Task<Outcome> RunAsync(params string[] arguments) => RunUntilAsync(null, arguments);

    /// <param name="terminateAt">The line at which SIGTERM is sent; null for none.</param>
    /// <param name="arguments">Keys of the configuration with their values.</param>
    private async Task<Outcome> RunUntilAsync(string? terminateAt, params string[] arguments)
    {
        var text = new StringBuilder();
        using var process = new Process
        {
            StartInfo = new("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "SampleWorker.dll"), .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = _folder.File("."),
            },
        };
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
        return new Outcome(process.ExitCode, text.ToString());

        void Read(string? line)
        {
            lock (text)
            {
                text.AppendLine(line);
            }
            if (terminateAt is not null && line?.Contains(terminateAt, StringComparison.Ordinal) == true)
            {
                Process.Start("kill", ["-TERM", $"{process.Id}"]).WaitForExit();
            }
        }
    }

    private sealed record Outcome(int ExitCode, string Text);
}
