using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

internal static partial class LibC
{
    /// <summary>PRIO_PROCESS: a process, and on Linux, where each thread has a priority of its own, a thread.</summary>
    internal const int PriorityOfProcess = 0;

    /// <param name="which"><see cref="PriorityOfProcess"/>.</param>
    /// <param name="who">0 for the caller.</param>
    /// <param name="nice">−20 to 19, the least.</param>
    [LibraryImport("libc", EntryPoint = "setpriority")]
    internal static partial int SetPriority(int which, uint who, int nice);
}
