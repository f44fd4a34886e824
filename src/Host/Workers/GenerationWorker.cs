using Engine.Registry;
using Microsoft.Extensions.Options;

namespace Engine.Host.Workers;

/// <summary>Takes requests from the queue and runs them on their models, several at once.</summary>
/// <remarks>
/// When the host stops, it closes the queue and ends what was accepted before any other service stops, the web server
/// included: that one must still carry the answers out, and say 503 to whoever comes.
/// </remarks>
internal sealed class GenerationWorker(
    GenerationQueue queue, IOptions<ServeOptions> serve, IOptions<EngineOptions> engine, TimeProvider time, ILogger<GenerationWorker> logger)
    : BackgroundService, IHostedLifecycleService
{
    /// <summary>Only cancelled, never disposed: requests may still look at it while the host is disposed.</summary>
    private readonly CancellationTokenSource _aborted = new();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        queue.Close();
        if (ExecuteTask is not { IsCompleted: false } running)
        {
            return;
        }
        logger.LogInformation("Stopping: accepted requests have {Seconds} s to end", serve.Value.DrainSeconds);
        try
        {
            await running.WaitAsync(TimeSpan.FromSeconds(serve.Value.DrainSeconds), time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            logger.LogWarning("Stopping: requests are still running and are ended now");
            await _aborted.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
        }
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Where the start of the host failed, there is no draining: the queue ends here.
        await using CancellationTokenRegistration registration = stoppingToken.Register(() =>
        {
            queue.Close();
            _aborted.Cancel();
        });
        int concurrency = serve.Value.Concurrency > 0 ? serve.Value.Concurrency : engine.Value.Models.Values.Sum(model => model.Slots);
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => RunAsync())).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        await foreach (GenerationJob job in queue.ReadAllAsync().ConfigureAwait(false))
        {
            await job.RunAsync(_aborted.Token).ConfigureAwait(false);
        }
    }
}
