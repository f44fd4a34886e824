using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Engine.Host.Tests;

/// <summary>Signals to a process (signal(7)), sent from here: by the time a loaded machine has started <c>kill</c>, what is to be
/// interrupted may be over.</summary>
internal static partial class Signal
{
    public const int Interrupt = 2, Kill = 9, Terminate = 15;

    public static void Send(Process process, int signal) => Assert.Equal(0, SendNatively(process.Id, signal));

    private static readonly Lazy<bool> HeedsInterrupt = new(() => IsIgnored(Interrupt) && Handle(Interrupt, handler: 0) >= 0);

    /// <summary>Has the programs that are started from here react to Ctrl-C: what a shell runs in the background ignores it, and so does
    /// what that starts in turn.</summary>
    public static void HeedInterrupt() => _ = HeedsInterrupt.Value;

    // proc(5): a bit for each signal that the process ignores, from 1.
    private static bool IsIgnored(int signal) =>
        OperatingSystem.IsLinux() && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } mask
        && (Convert.ToUInt64(mask[7..].Trim(), 16) >> (signal - 1) & 1) != 0;

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Handle(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendNatively(int process, int signal);
}
