using Engine.Registry;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Engine.Host.Service;

/// <summary>Logs where the server listens and, once it has started, which models it serves.</summary>
/// <remarks>Registered before the engine, so that it reports before the models load, which may take minutes.</remarks>
internal sealed partial class StartNotice(IServer server, ModelRegistry models, IHostApplicationLifetime lifetime, ILogger<StartNotice> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        LogListening(logger, Addresses, string.Join(", ", models.Names));
        lifetime.ApplicationStarted.Register(() => LogServing(logger, Addresses, string.Join(", ", models.Names.Select(Describe))));
        return Task.CompletedTask;
    }

    private string Addresses => string.Join(", ", server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []);

    private string Describe(string name) => models.StatusOf(name) switch
    {
        { State: ModelState.Ready or ModelState.Degraded } when models.Find(name).Card is { } card =>
            $"{name} ({card.Architecture}, {card.FileType}, {card.Backend} on {card.Device}, {card.ContextLength} tokens)",
        { State: ModelState.Waiting } => $"{name} (loaded by its first request)",
        { State: { } state } => $"{name} ({state.ToString().ToLowerInvariant()})",
    };

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information, "Listening on {Addresses}; loading {Models}")]
    private static partial void LogListening(ILogger logger, string addresses, string models);

    [LoggerMessage(2, LogLevel.Information, "Serving on {Addresses}; {Models}; Ctrl-C ends it")]
    private static partial void LogServing(ILogger logger, string addresses, string models);
}
