using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>The C library: .NET keeps its own copy of the environment, which native getenv never sees.</summary>
internal static partial class LibC
{
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetEnv(string name, string value, int overwrite);
}
