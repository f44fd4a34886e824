namespace Engine.Host.Commands;

/// <summary>Why the system refused to read or write, in words for a sentence: its own messages repeat the path and give no hint.</summary>
internal static class SystemRefusal
{
    // errno on Linux and macOS, HRESULT on Windows: what .NET puts into an IOException.
    private const int NoSpace = 28, ReadOnlyFileSystem = 30, LinuxQuota = 122, MacQuota = 69, WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Whether an exception reports a refusal of the system rather than a bug.</summary>
    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>The path that .NET's message names in quotes, or "a file".</summary>
    public static string PathOf(Exception e) => e.Message.Split('\'') is [_, { Length: > 0 } path, ..] ? $"'{path}'" : "a file";

    /// <summary>The reason, without a full stop.</summary>
    public static string Describe(Exception e) => e switch
    {
        UnauthorizedAccessException => "access is denied",
        DirectoryNotFoundException => "there is no such folder",
        FileNotFoundException => "there is no such file",
        PathTooLongException => "the path is too long",
        { HResult: NoSpace or WindowsDiskFull } => "no space is left",
        { HResult: LinuxQuota or MacQuota } => "the quota is used up",
        { HResult: ReadOnlyFileSystem } => "the file system is read-only",
        // "Is a directory : '/path'"
        _ => e.Message.Split(" : '")[0].TrimEnd('.'),
    };
}
