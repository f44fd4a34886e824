using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>The C library.</summary>
internal static partial class LibC
{
    /// <summary>.NET keeps its own copy of the environment, which native getenv never sees.</summary>
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetEnv(string name, string value, int overwrite);

    /// <summary>Only in glibc.</summary>
    /// <param name="pad">Bytes to keep at the top of the main heap.</param>
    /// <returns>1 if memory was returned to the system.</returns>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    internal static partial int MallocTrim(nuint pad);
}
