using System.Globalization;

namespace Engine.Host.Service;

/// <summary>How long systemd waits for a keep-alive before it kills the service (sd_watchdog_enabled(3)).</summary>
internal static class SystemdWatchdog
{
    /// <summary>From this process's environment; null if nobody waits for this process.</summary>
    public static TimeSpan? Limit => LimitOf(
        Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"), Environment.ProcessId);

    /// <param name="microseconds">The value of WATCHDOG_USEC.</param>
    /// <param name="process">The value of WATCHDOG_PID: the process that is watched, if set.</param>
    /// <param name="own">This process.</param>
    public static TimeSpan? LimitOf(string? microseconds, string? process, int own) =>
        long.TryParse(microseconds, CultureInfo.InvariantCulture, out long limit) && limit > 0
        && (string.IsNullOrEmpty(process) || process == own.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(Math.Min(limit, (long)TimeSpan.FromDays(1).TotalMicroseconds)) : null;
}
