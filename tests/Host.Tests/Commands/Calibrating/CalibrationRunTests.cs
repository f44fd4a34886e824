using System.Diagnostics;
using System.Globalization;

namespace Engine.Host.Tests.Commands.Calibrating;

public sealed class CalibrationRunTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Signal.Interrupt, 130)]
    [InlineData(Signal.Kill, 137)]
    public async Task A_stopped_calibration_leaves_no_process_behind(int signal, int exitCode)
    {
        using var cache = new TemporaryFolder();
        using Process process = EngineProcess.Start(
            ["validate", "--calibrate"], new Dictionary<string, string> { ["XDG_CACHE_HOME"] = cache.File("cache") });
        process.StandardInput.Close(); // or it would wait for a text
        int child = await WaitAsync(() => Children(process.Id).FirstOrDefault(), id => id != 0);
        Signal.Send(process, signal);
        await process.WaitForExitAsync();
        Assert.Equal(exitCode, process.ExitCode);
        Assert.False(await WaitAsync(() => IsAlive(child), alive => !alive));
        Assert.False(Directory.Exists(cache.File("cache")));
    }

    private static async Task<T> WaitAsync<T>(Func<T> look, Func<T, bool> isThere)
    {
        long begin = Stopwatch.GetTimestamp();
        T found = look();
        while (!isThere(found) && Stopwatch.GetElapsedTime(begin) < Patience)
        {
            await Task.Delay(20);
            found = look();
        }
        return found;
    }

    private static IEnumerable<int> Children(int parent) =>
        Directory.EnumerateDirectories("/proc").Select(folder => Path.GetFileName(folder)).Where(name => name.All(char.IsAsciiDigit))
            .Select(name => int.Parse(name, CultureInfo.InvariantCulture)).Where(id => Fields(id) is [_, { } of, ..] && of == $"{parent}");

    private static bool IsAlive(int process) => Fields(process) is [not "Z", ..];

    /// <summary>State, parent, … of a process (proc(5)); the name before them may hold blanks.</summary>
    private static string[] Fields(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
