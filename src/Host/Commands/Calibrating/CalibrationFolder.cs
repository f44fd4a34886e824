using System.Globalization;
using Engine.Parity;

namespace Engine.Host.Commands.Calibrating;

/// <summary>Where calibrations are kept: one small file for each model and its numerics, named by the content of the model.</summary>
internal sealed class CalibrationFolder(string folder)
{
    private const string Option = "--calibration";

    // Digits of the hash in a file's name; the whole hash is stored in the file and compared.
    private const int HashDigits = 16;

    /// <summary>The user's folder; null for a user without a home.</summary>
    public static CalibrationFolder? OfUser { get; } = Cache() is { } cache ? new(System.IO.Path.Combine(cache, CommandPath.Program, "calibration")) : null;

    public override string ToString() => folder;

    /// <summary>Refuses to measure what could not be kept.</summary>
    /// <param name="path">The file the user named; null for the user's folder.</param>
    /// <param name="inputs">Files that it must not replace, and what names them.</param>
    /// <exception cref="EngineException">There is nowhere to keep it.</exception>
    public static void RequireWritable(string? path, ReadOnlySpan<(string Path, string Option)> inputs)
    {
        string file = path ?? (OfUser ?? throw new ConfigurationException(
            $"Keeping the calibration: there is no home folder to keep it in. Name a file with {Option}, or set XDG_CACHE_HOME.")).PathOf("calibration.json");
        foreach ((string input, string option) in inputs)
        {
            File(file).RequireOther(input, option);
        }
        File(file).RequireWritable();
    }

    /// <summary>Whether a model of this size may have a calibration: only then is hashing its content worthwhile.</summary>
    public bool MayHold(long modelBytes, Numerics numerics) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*" + Ending(modelBytes, numerics)).Any();

    public string Path(IReadOnlyList<string> hashes, long modelBytes, Numerics numerics) =>
        PathOf(string.Join('-', hashes.Select(hash => hash[..HashDigits])) + Ending(modelBytes, numerics));

    private string PathOf(string name) => System.IO.Path.Combine(folder, name);

    /// <summary>Writes a file completely or not at all.</summary>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    public static void Keep(Calibration calibration, string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        string draft = $"{full}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}.part";
        File(path).Write(() =>
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
            try
            {
                System.IO.File.WriteAllText(draft, calibration.ToJson() + "\n");
                System.IO.File.Move(draft, full, overwrite: true);
            }
            finally
            {
                System.IO.File.Delete(draft);
            }
        });
    }

    private static OutputFile File(string path) => new("the calibration", path, Option) { MakesFolder = true };

    private static string Ending(long modelBytes, Numerics numerics) =>
        string.Create(CultureInfo.InvariantCulture, $"-{modelBytes}-{numerics.ToString().ToLowerInvariant()}.json");

    private static string? Cache() => Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
        : OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
        : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? System.IO.Path.Combine(home, ".cache")
        : null;
}
