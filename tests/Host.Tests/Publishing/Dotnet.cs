using System.Diagnostics;
using Xunit.Abstractions;

namespace Engine.Host.Tests.Publishing;

/// <summary>The command <c>dotnet</c>, as a user calls it.</summary>
internal static class Dotnet
{
    /// <summary>Runs it to its end, and writes how long that took.</summary>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(ITestOutputHelper output, string folder, IReadOnlyList<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The test runner's own, which would lead this build to another SDK.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }
        var clock = Stopwatch.StartNew();
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        string text = await said + await errors;
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}\n{text}");
        output.WriteLine($"{clock.Elapsed.TotalSeconds,5:N1} s  dotnet {string.Join(' ', arguments.Take(4))}");
        return text;
    }
}
