using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Engine.Registry;

/// <summary>
/// Loads the configured models one after another when the host starts, except those that are loaded on use. It does so after all other hosted
/// services have started, so that a web server can answer "not ready" meanwhile. The host's start ends, or fails, with the loading.
/// </summary>
internal sealed class StartupLoading(ModelRegistry registry, IHostApplicationLifetime lifetime, IServiceProvider services) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        registry.FailuresEndStart(lifetime.ApplicationStopping);
        return Task.CompletedTask;
    }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (string name in registry.Names)
            {
                await LoadAsync(name, cancellationToken).ConfigureAwait(false);
            }
            registry.FailuresEndStart(null);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Stopping the host while it loads is not an error: it shuts down as after any start.
        }
        catch (EngineException)
        {
            // A host whose start fails is disposed without being stopped, and services that wait for the model would be logged as failed, too.
            if (services.GetService<IHost>() is { } host)
            {
                await host.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the host logs services that fail to stop
            }
            throw;
        }
    }

    private async Task LoadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            ModelEntry model = registry.Find(name);
            if (model.Options.Load == ModelLoad.AtStart)
            {
                await model.LoadAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ConfigurationException) when (!registry.Names.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            // The configuration has changed meanwhile and no longer contains the model.
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
