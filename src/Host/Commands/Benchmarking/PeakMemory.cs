using System.Diagnostics;
using System.Globalization;

namespace Engine.Host.Commands.Benchmarking;

/// <summary>The largest resident set this process has had.</summary>
internal static class PeakMemory
{
    /// <summary>Bytes, mapped file pages included.</summary>
    public static long Read()
    {
        // .NET's PeakWorkingSet64 is the same number on Linux, but 0 if /proc is mounted with restrictions.
        const string status = "/proc/self/status";
        if (File.Exists(status)
            && File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line
            && long.TryParse(line.AsSpan("VmHWM:".Length).Trim(" \tkB"), CultureInfo.InvariantCulture, out long kibibytes))
        {
            return kibibytes * 1024;
        }
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
