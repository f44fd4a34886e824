namespace Engine.Registry;

/// <summary>A file of keys: one per line; lines that begin with # are ignored.</summary>
internal static class KeyFile
{
    private const UnixFileMode OfOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>What is wrong with a file, worded to follow its path and a comma; null if nothing is.</summary>
    public static string? Mistake(string path)
    {
        try
        {
            return Directory.Exists(path) ? "which is a folder. Name a file in it, or leave it out."
                : !File.Exists(path) ? "and there is no such file. Write one key per line, or leave it out."
                : !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OfOthers) is not UnixFileMode.None and var mode
                    ? $"which others on this machine can {((mode & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0 ? "read" : "change")}. Let its owner alone have it (chmod 600 '{path}')."
                : Read(path).Count == 0 ? "and there is no key in it. Write one key per line, or leave it out." : null;
        }
        catch (UnauthorizedAccessException)
        {
            return "which this user may not read. Change its permissions, or leave it out.";
        }
        catch (IOException e)
        {
            return $"which cannot be read: {e.Message} Check the file, or leave it out.";
        }
    }

    /// <summary>The keys of a file.</summary>
    public static IReadOnlyList<string> Read(string path) =>
        [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#'))];
}
