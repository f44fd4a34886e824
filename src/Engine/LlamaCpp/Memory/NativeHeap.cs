using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Memory;

/// <summary>The C library's heap, from which native libraries take everything that is not a mapped file, such as the tables of a vocabulary.</summary>
internal static class NativeHeap
{
    /// <summary>Returns unused pages to the system.</summary>
    /// <remarks>glibc has up to eight arenas for each core and keeps freed memory in them. Every load may run on another thread and so use
    /// another arena: over 45 swaps of a model of 1 MB, the memory outside the managed heap grew by 50 MiB. With trimming, it stays flat over an hour of swaps (docs/soak.md).</remarks>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        try
        {
            _ = LibC.MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library. musl keeps little memory and has no such function.
        }
    }
}
