using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Runtime;

/// <summary>Threads whose work has time: they run where no other wants to. One that shares a core with llama.cpp's threads as an equal holds all of them
/// up, because they wait for each other at the end of every op.</summary>
internal static class BackgroundThread
{
    private const int LeastNice = 19;

    /// <summary>Makes the calling thread one of them, for good. Where a sandbox does not allow it, it stays an equal.</summary>
    public static void Begin()
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.CurrentThread.Priority = ThreadPriority.Lowest;
            return;
        }
        // .NET's own priorities mean nothing on Linux.
        _ = LibC.SetPriority(LibC.PriorityOfProcess, 0, LeastNice);
    }
}
