using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Engine.Api.Service;

/// <summary>The requests in progress. A stopping host takes no new ones and gives these time to finish.</summary>
/// <remarks>
/// It waits for them before any service stops, the web server included, which must still deliver the answers and say
/// 503 to new requests.
/// </remarks>
// The source is only cancelled, never disposed: requests may still use it while the host is being disposed.
#pragma warning disable CA1001
internal sealed class RunningRequests(IOptions<ServeOptions> serve, TimeProvider time, ILogger<RunningRequests> logger) : IHostedLifecycleService
#pragma warning restore CA1001
{
    /// <summary>The interval between log lines about the requests left.</summary>
    private static readonly TimeSpan Report = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource _lastEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _stopping;

    /// <summary>Whether the host is stopping and takes no more requests.</summary>
    public bool IsStopping => Volatile.Read(ref _stopping);

    /// <summary>The number of requests in progress.</summary>
    public int Left
    {
        get { lock (_lock) { return _running; } }
    }

    /// <summary>Registers a request, which ends when the result is disposed.</summary>
    /// <param name="gone">Cancelled when the client goes away.</param>
    /// <exception cref="ServerStoppingException">The host is stopping.</exception>
    public Running Begin(CancellationToken gone)
    {
        lock (_lock)
        {
            ThrowIfStopping();
            _running++;
        }
        return new Running(this, gone);
    }

    /// <exception cref="ServerStoppingException">The host is stopping.</exception>
    public void ThrowIfStopping()
    {
        if (IsStopping)
        {
            throw new ServerStoppingException();
        }
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        int running;
        lock (_lock)
        {
            Volatile.Write(ref _stopping, true);
            running = _running;
        }
        if (running == 0)
        {
            return;
        }
        logger.DrainBegins(Count(running), serve.Value.DrainSeconds);
        try
        {
            await DrainAsync(TimeSpan.FromSeconds(serve.Value.DrainSeconds), cancellationToken).ConfigureAwait(false);
            logger.Drained();
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            logger.DrainTimedOut(Count(Left), serve.Value.DrainSeconds);
            await _ended.CancelAsync().ConfigureAwait(false);
            // What still does not end, the web server aborts with its connection.
            await _lastEnded.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits for the last request and logs now and then how many are left.</summary>
    /// <exception cref="TimeoutException">Some are still running.</exception>
    private async Task DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        long begin = time.GetTimestamp();
        while (true)
        {
            TimeSpan left = limit - time.GetElapsedTime(begin);
            try
            {
                await _lastEnded.Task.WaitAsync(left < Report ? Max(left, TimeSpan.Zero) : Report, time, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException) when (left > Report)
            {
                logger.DrainGoesOn(Count(Left), (limit - time.GetElapsedTime(begin)).TotalSeconds);
            }
        }

        static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
    }

    private static string Count(int requests) => requests == 1 ? "1 request" : $"{requests} requests";

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void End()
    {
        lock (_lock)
        {
            if (--_running == 0 && IsStopping)
            {
                _lastEnded.TrySetResult();
            }
        }
    }

    /// <summary>One request.</summary>
    internal sealed class Running(RunningRequests owner, CancellationToken gone) : IDisposable
    {
        private readonly CancellationTokenSource _either = CancellationTokenSource.CreateLinkedTokenSource(gone, owner._ended.Token);

        /// <summary>Cancelled when its client has gone, or when the host can wait no longer.</summary>
        public CancellationToken Token => _either.Token;

        public void Dispose()
        {
            _either.Dispose();
            owner.End();
        }
    }
}
