using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Engine.Host.Tests;

/// <summary>Signals to a process (signal(7)), sent from here: by the time a loaded machine has started <c>kill</c>, what is to be
/// interrupted may be over.</summary>
internal static partial class Signal
{
    public const int Interrupt = 2, Kill = 9;

    public static void Send(Process process, int signal) => Assert.Equal(0, SendNatively(process.Id, signal));

    /// <summary>Has the programs that are started from here heed a signal: what a shell runs in the background ignores Ctrl-C, and so does
    /// what that starts in its turn.</summary>
    public static void Heed(int signal)
    {
        const nint Default = 0, Ignored = 1;
        nint before = Handle(signal, Default);
        if (before != Ignored)
        {
            _ = Handle(signal, before);
        }
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Handle(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendNatively(int process, int signal);
}
