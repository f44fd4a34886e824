using System.Collections.Concurrent;

namespace Engine.Host.Tests.Hostile;

/// <summary>The required outcome of a hostile file or request.</summary>
internal enum Expected
{
    /// <summary>One sentence and exit code 2.</summary>
    Refused,

    /// <summary>The process succeeds: nothing is wrong that matters.</summary>
    Harmless,

    /// <summary>Either; the process only has to exit normally.</summary>
    Orderly,
}

/// <summary>One malformed or hostile file or request.</summary>
/// <param name="Name">States the fact.</param>
/// <param name="Expected">The required outcome.</param>
/// <param name="Arguments">Prepares its files in the folder given and returns the command line.</param>
internal sealed record HostileCase(string Name, Expected Expected, Func<string, string[]> Arguments)
{
    /// <summary>A file, from which four tokens are generated.</summary>
    public static HostileCase File(string name, Expected expected, Func<byte[]> make) => new(name, expected, folder =>
    {
        string path = Path.Combine(folder, "model.gguf");
        System.IO.File.WriteAllBytes(path, make());
        return ["generate", "Hello héllo", "--model", path, "--max-tokens", "4", "--temperature", "0", "--threads", "1"];
    });

    /// <summary>The same, for a file that has no vocabulary to read a text with.</summary>
    public static HostileCase FileWithTokens(string name, Expected expected, Func<byte[]> make) => new(name, expected, folder =>
    {
        string path = Path.Combine(folder, "model.gguf");
        System.IO.File.WriteAllBytes(path, make());
        return ["generate", "--tokens", "1,5,7", "--model", path, "--max-tokens", "4", "--temperature", "0", "--threads", "1"];
    });
}

/// <summary>Runs cases, each in its own process.</summary>
internal static class HostileCorpus
{
    /// <summary>xunit runs the classes of the corpus side by side; two processes each keep a small machine busy.</summary>
    private const int Processes = 2;

    /// <summary>Each case with one backend.</summary>
    public static Task CheckAsync(IReadOnlyCollection<HostileCase> cases, string backend) =>
        CheckAsync(cases, (hostile, folder) =>
        {
            string[] words = hostile.Arguments(folder);
            return words.Contains("--backend") ? words : [.. words, "--backend", backend];
        });

    /// <summary>Each case's file, inspected. What has a sound structure can be shown.</summary>
    public static Task CheckInspectionAsync(IReadOnlyCollection<HostileCase> cases) =>
        CheckAsync([.. cases.Select(hostile => hostile with { Expected = Expected.Orderly })], (hostile, folder) =>
        {
            string[] words = hostile.Arguments(folder);
            return ["inspect", words[Array.IndexOf(words, "--model") + 1]];
        });

    private static async Task CheckAsync(IReadOnlyCollection<HostileCase> cases, Func<HostileCase, string, string[]> commandLine)
    {
        string folder = Directory.CreateTempSubdirectory("engine-hostile-").FullName;
        var faults = new ConcurrentBag<string>();
        try
        {
            await Parallel.ForEachAsync(cases.Index(), new ParallelOptions { MaxDegreeOfParallelism = Processes }, async (item, _) =>
            {
                (int number, HostileCase hostile) = item;
                string own = Directory.CreateDirectory(Path.Combine(folder, $"{number}")).FullName;
                Outcome outcome = await EngineProcess.RunAsync(commandLine(hostile, own));
                if (Fault(hostile.Expected, outcome) is { } fault)
                {
                    faults.Add($"{hostile.Name}: {fault}: {outcome}");
                }
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        Assert.True(faults.IsEmpty, $"{faults.Count} of {cases.Count}:\n\n{string.Join("\n\n", faults.Order())}");
    }

    private static string? Fault(Expected expected, Outcome outcome)
    {
        string[] sentences = outcome.Error.TrimEnd('\n').Split('\n');
        return outcome.ExitCode is not (0 or 2) ? "it did not end in an orderly way"
            : expected == Expected.Refused && outcome.ExitCode != 2 ? "it was not refused"
            : expected == Expected.Harmless && outcome.ExitCode != 0 ? "it was refused"
            : outcome.Error.Contains("\n   at ", StringComparison.Ordinal) ? "a stack trace was shown"
            : outcome.Error.StartsWith("Unexpected", StringComparison.Ordinal) ? "nobody foresaw it"
            : outcome.ExitCode == 2 && (sentences.Length != 1 || sentences[0].Length < 20) ? "its error is not one sentence"
            : null;
    }
}
