using System.Diagnostics;
using Engine.Host.Service;
using Engine.Host.Tests.Api;

namespace Engine.Host.Tests.Service;

/// <summary>The protocol of sd_notify(3), on a real socket, from the program as systemd starts it.</summary>
public sealed class SystemdTests
{
    [LinuxFact]
    public async Task A_service_reports_that_it_is_ready_alive_and_stopping()
    {
        TimeSpan limit = TimeSpan.FromSeconds(1.5);
        using var systemd = new NotifySocket();
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--backend", "reference", "--drain-seconds", "7"],
            ("NOTIFY_SOCKET", systemd.Path), ("WATCHDOG_USEC", $"{limit.TotalMicroseconds:0}"));
        List<Notice> start = await systemd.UntilAsync(notice => notice.Has("READY=1"));
        Assert.Equal("0 requests; default ready", start[^1].Status);

        List<Notice> signs = [];
        while (signs.Count < 4)
        {
            signs.AddRange((await systemd.UntilAsync(notice => notice.Has("WATCHDOG=1"))).Where(notice => notice.Has("WATCHDOG=1")));
        }
        // Each well within the limit of the one before it, else systemd would have ended the service.
        Assert.All(signs.Zip(signs.Skip(1)), pair => Assert.InRange(Stopwatch.GetElapsedTime(pair.First.Time, pair.Second.Time), TimeSpan.Zero, limit));

        serve.Terminate();
        List<Notice> stop = await systemd.UntilAsync(notice => notice.Has("STOPPING=1"));
        Assert.True(stop[^1].Has("EXTEND_TIMEOUT_USEC=17000000"), stop[^1].Text);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [LinuxFact]
    public async Task A_service_is_not_ready_before_its_models_are()
    {
        using var model = new SlowModel();
        using var systemd = new NotifySocket();
        await using ServeProcess serve = await ServeProcess.StartAsync(["--backend", "reference", "--model", model.Path], ("NOTIFY_SOCKET", systemd.Path));
        List<Notice> start = await systemd.UntilAsync(notice => notice.Has("READY=1"));
        int loaded = serve.Log.IndexOf("Loaded the model", StringComparison.Ordinal), serving = serve.Log.IndexOf("Serving on", StringComparison.Ordinal);
        Assert.InRange(loaded, serve.Log.IndexOf("Listening on", StringComparison.Ordinal), serving);
        Assert.DoesNotContain("ready", start[0].Status, StringComparison.Ordinal);
        Assert.DoesNotContain(start, notice => notice.Has("WATCHDOG=1")); // nobody waits for keep-alives
    }

    [LinuxFact]
    public async Task A_service_manager_that_has_gone_is_logged_and_harms_nothing()
    {
        string path;
        using (var systemd = new NotifySocket())
        {
            path = systemd.Path;
        }
        await using ServeProcess serve = await ServeProcess.StartAsync(["--backend", "reference"], ("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "200000"));
        Assert.True((await serve.Client.GetAsync(new Uri("/health/live", UriKind.Relative))).IsSuccessStatusCode);
        serve.Terminate();
        Assert.Equal(0, await serve.ExitAsync());
        Assert.Single(serve.Log.Split('\n'), line => line.Contains("Notifying systemd of the service's state", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("30000000", null, 30.0)]
    [InlineData("30000000", "7", 30.0)]
    [InlineData("30000000", "8", null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    [InlineData("9223372036854775807", null, 86400.0)]
    public void The_watchdogs_limit_is_this_processs_own(string? microseconds, string? process, double? seconds) =>
        Assert.Equal(seconds, SystemdWatchdog.LimitOf(microseconds, process, own: 7)?.TotalSeconds);
}
