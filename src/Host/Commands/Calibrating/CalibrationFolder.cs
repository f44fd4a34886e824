using System.Globalization;
using Engine.Parity;

namespace Engine.Host.Commands.Calibrating;

/// <summary>Where calibrations are kept: one small file for each model and setting, named by the content of the model.</summary>
internal sealed class CalibrationFolder(string folder)
{
    // Of a file's name; the whole hash is in the file, and compared.
    private const int HashDigits = 16;

    /// <summary>The user's own.</summary>
    public static CalibrationFolder OfUser { get; } = new(System.IO.Path.Combine(Cache(), EngineCommand.Name, "calibration"));

    /// <summary>Whether a model of this length may have one: only then is its content worth reading.</summary>
    public bool MayHold(long modelBytes, Numerics setting) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*" + Ending(modelBytes, setting)).Any();

    public string Path(IReadOnlyList<string> hashes, long modelBytes, Numerics setting) =>
        System.IO.Path.Combine(folder, string.Join('-', hashes.Select(hash => hash[..HashDigits])) + Ending(modelBytes, setting));

    /// <summary>Writes a file whole or not at all.</summary>
    /// <exception cref="ConfigurationException">The system refuses.</exception>
    public static void Keep(Calibration calibration, string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        string draft = $"{full}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}.part";
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
            File.WriteAllText(draft, calibration.ToJson() + "\n");
            File.Move(draft, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            File.Delete(draft);
            throw new ConfigurationException($"Keeping the calibration in {path}: {e.Message} Name another file with --calibration PATH.");
        }
    }

    private static string Ending(long modelBytes, Numerics setting) =>
        string.Create(CultureInfo.InvariantCulture, $"-{modelBytes}-{setting.ToString().ToLowerInvariant()}.json");

    private static string Cache() => Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
        : OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
        : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
}
