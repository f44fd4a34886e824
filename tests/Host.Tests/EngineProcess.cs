using System.Diagnostics;

namespace Engine.Host.Tests;

/// <summary>Runs the executable that was built with these tests, as a user does.</summary>
internal static class EngineProcess
{
    /// <summary>No command of these tests needs longer; one that hangs must not hang the suite.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(120); // a calibration starts a dozen processes, on a machine that may be busy

    /// <summary>The launcher in the Host's own output folder, of the same configuration as these tests.</summary>
    public static string Path { get; } = Find();

    public static Task<Outcome> RunAsync(params string[] arguments) => RunAsync(arguments, input: null);

    public static async Task<Outcome> RunAsync(string[] arguments, string? input, IReadOnlyDictionary<string, string>? environment = null)
    {
        using Process process = Start(arguments, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Longest);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            return new Outcome(-1, await output, $"{await error}\n[ended after {Longest.TotalSeconds} s]");
        }
        return new Outcome(process.ExitCode, await output, await error);
    }

    /// <summary>Starts it with all three streams redirected, and ends it after a while if nothing else does.</summary>
    public static Process Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = SharedFolder.Checkout,
        };
        // The user's own calibrations must not affect these tests.
        start.Environment["XDG_CACHE_HOME"] = System.IO.Path.Combine(AppContext.BaseDirectory, "cache");
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        Signal.HeedInterrupt();
        return Start(start);
    }

    /// <summary>Starts any program, and ends it after a while if nothing else does.</summary>
    public static Process Start(ProcessStartInfo start)
    {
        Process process = Process.Start(start)!;
        _ = EndAsync(process.Id);
        return process;
    }

    private static async Task EndAsync(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id); // one of our own: a test may dispose its
            using var deadline = new CancellationTokenSource(2 * Longest);
            await process.WaitForExitAsync(deadline.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It is over already.
        }
    }

    private static string Find()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        string launcher = OperatingSystem.IsWindows() ? "engine.exe" : "engine";
        string path = System.IO.Path.Combine(output.Parent!.Parent!.FullName, "Host", output.Name, launcher);
        return File.Exists(path) ? path : throw new FileNotFoundException($"Build src/Host first: there is no {path}.", path);
    }
}

/// <summary>What a process left.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    /// <summary>For the message of an assertion.</summary>
    public override string ToString() => $"exit code {ExitCode}\n--- standard output\n{Output}\n--- standard error\n{Error}";
}
