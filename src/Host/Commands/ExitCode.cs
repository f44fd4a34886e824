namespace Engine.Host.Commands;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    /// <summary>Success; if something was checked, it passed.</summary>
    public const int Pass = 0;

    /// <summary>The check ran and failed.</summary>
    public const int Fail = 1;

    /// <summary>The request, the file or the machine is unsuitable; the reason is on standard error.</summary>
    public const int Unusable = 2;

    /// <summary>Stopped by Ctrl-C: 128 + SIGINT, as shells report it.</summary>
    public const int Cancelled = 130;

    /// <summary>The reader of standard output went away before the end: 128 + SIGPIPE.</summary>
    public const int OutputClosed = 141;
}
