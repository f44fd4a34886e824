namespace Engine;

/// <summary>Describes what is at a path where a readable file was expected, for messages.</summary>
internal static class FileFault
{
    /// <param name="path">The path that could not be read.</param>
    /// <param name="unreadable">What to call a file that is there.</param>
    public static string Describe(string path, string unreadable) =>
        Directory.Exists(path) ? "a folder" : path.Length == 0 ? "an empty path" : !File.Exists(path) ? "no such file" : unreadable;
}
