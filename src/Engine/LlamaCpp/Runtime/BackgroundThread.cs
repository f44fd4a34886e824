using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Runtime;

/// <summary>Threads whose work is not urgent, and which run only when no other thread wants to. A thread that shares a core with llama.cpp's threads at equal priority
/// holds up all of them, because they wait for each other at the end of every op.</summary>
internal static class BackgroundThread
{
    private const int LeastNice = 19;

    /// <summary>Permanently lowers the calling thread's priority. If a sandbox does not allow that, it keeps its priority.</summary>
    public static void Begin()
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.CurrentThread.Priority = ThreadPriority.Lowest;
            return;
        }
        // .NET's own priorities have no effect on Linux.
        _ = LibC.SetPriority(LibC.PriorityOfProcess, 0, LeastNice);
    }
}
