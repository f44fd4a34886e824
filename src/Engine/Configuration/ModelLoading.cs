using Microsoft.Extensions.Hosting;

namespace Engine.Configuration;

/// <summary>
/// Loads the configured models when the host starts, one after another. It does so behind the start of all other hosted
/// services, so that a web server answers "not ready" while they load; the host's start ends, or fails, with the loading.
/// </summary>
internal sealed class ModelLoading(ModelRegistry registry) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (string name in registry.Names)
        {
            await registry.GetAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
