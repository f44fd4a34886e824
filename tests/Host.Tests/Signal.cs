using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Engine.Host.Tests;

/// <summary>Signals to a process (signal(7)), sent from here: by the time a loaded machine has started <c>kill</c>, what is to be
/// interrupted may be over.</summary>
internal static partial class Signal
{
    public const int Interrupt = 2, Kill = 9;

    public static void Send(Process process, int signal) => Assert.Equal(0, SendNatively(process.Id, signal));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendNatively(int process, int signal);
}
