using System.Net.Sockets;
using Engine.Api.Service;
using Engine.Registry;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Options;

namespace Engine.Host.Service;

/// <summary>Tells systemd the server's state (sd_notify(3)): ready, stopping, keep-alives for its watchdog, and a line for <c>systemctl status</c>.</summary>
/// <remarks>
/// Microsoft.Extensions.Hosting.Systemd provides the socket but no watchdog. The keep-alives come from the thread pool that answers
/// requests: if that is stuck, they stop, and systemd restarts the service.
/// </remarks>
internal sealed partial class SystemdNotices(
    ISystemdNotifier systemd, IHostApplicationLifetime lifetime, RunningRequests requests, IModelRegistry models, IOptions<ServeOptions> serve,
    TimeProvider time, ILogger<SystemdNotices> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>What the host needs to end after draining.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _ended = new();
    private readonly TimeSpan? _watchdog = SystemdWatchdog.Limit;
    private Task _signs = Task.CompletedTask;
    private bool _unheard;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (systemd.IsEnabled)
        {
            lifetime.ApplicationStarted.Register(() => Send($"READY=1\nSTATUS={Status()}"));
            lifetime.ApplicationStopping.Register(() => Send(
                $"STOPPING=1\nEXTEND_TIMEOUT_USEC={(TimeSpan.FromSeconds(serve.Value.DrainSeconds) + Margin).TotalMicroseconds:0}\nSTATUS={Status()}"));
            _signs = Task.Run(SignAsync, CancellationToken.None);
        }
        return Task.CompletedTask;
    }

    /// <summary>Stops last: keep-alives continue while requests are drained.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _signs.ConfigureAwait(false);
    }

    public void Dispose() => _ended.Dispose();

    private async Task SignAsync()
    {
        // systemd recommends half of the limit; a third leaves room for a late one.
        TimeSpan pause = _watchdog / 3 is { } third && third < LongestPause ? third : LongestPause;
        using var timer = new PeriodicTimer(pause, time);
        try
        {
            do
            {
                Send(_watchdog is null ? $"STATUS={Status()}" : $"WATCHDOG=1\nSTATUS={Status()}");
            }
            while (await timer.WaitForNextTickAsync(_ended.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The host has stopped.
        }
    }

    private string Status()
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return $"Stopping: {requests.Left} requests left";
        }
        ILookup<ModelState, string> states = models.Names.ToLookup(name => models.StatusOf(name).State);
        IEnumerable<string> parts = states.OrderBy(state => state.Key).Select(state => $"{string.Join(", ", state)} {state.Key.ToString().ToLowerInvariant()}");
        return $"{requests.Left} requests; {string.Join("; ", parts)}";
    }

    private void Send(string state)
    {
        try
        {
            systemd.Notify(new ServiceState(state));
            _unheard = false;
        }
        catch (SocketException e)
        {
            if (!_unheard)
            {
                LogUnheard(logger, e.Message);
            }
            _unheard = true;
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Warning, "Notifying systemd of the service's state: {Reason}. This is tried again; without it, systemd may consider the service dead")]
    private static partial void LogUnheard(ILogger logger, string reason);
}
