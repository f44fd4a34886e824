using System.Diagnostics;

namespace Engine.Host.Tests.Commands;

public sealed class WorkingFolderTests
{
    [Fact]
    public async Task Dotnet_run_resolves_paths_from_the_users_current_folder()
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(SharedFolder.Checkout, "models", "gpt2-moods.gguf"), folder.File("here.gguf"));
        string[] arguments = ["run", "--no-build", "-c", configuration, "--project", Path.Combine(SharedFolder.Checkout, "src", "Host"), "--", "inspect", "here.gguf"];
        using Process process = EngineProcess.Start(new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = Path.GetDirectoryName(folder.File("here.gguf"))!,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 0, await output + await error);
        Assert.Contains("gpt2", await output, StringComparison.Ordinal);
    }
}
