using Engine;
using Engine.Host.Tests.Api;
using Engine.LlamaCpp.Direct;

namespace Clients.Tests;

/// <summary>The server with models that come with the engine.</summary>
public sealed class ShippedModels : IAsyncLifetime
{
    /// <summary>Tells stories; the default model.</summary>
    public const string Stories = "default";

    /// <summary>Embeds sentences.</summary>
    public const string Facts = "facts";

    private TestServer? _server;

    public HttpClient Http => _server!.Client;

    public Uri Address => Http.BaseAddress!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(
        [new SteadyBackend()], ($"Engine:Models:{Stories}:Path", "builtin:llama-stories"), ($"Engine:Models:{Facts}:Path", "builtin:bert-facts"), ("Serve:AlwaysValid", "true"));

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>Draws the most probable token where a request has no seed: stories drawn by chance may be empty.</summary>
    private sealed class SteadyBackend : IModelBackend
    {
        public string Name => LlamaCppBackend.BackendName;

        public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default) =>
            new SteadyModel(await new LlamaCppBackend().LoadAsync(options, progress, cancellationToken));
    }

    private sealed class SteadyModel(IModel model) : DelegatingModel(model)
    {
        public override IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
            base.GenerateAsync(request.Sampling.Seed is null ? request with { Sampling = request.Sampling with { Temperature = 0 } } : request, cancellationToken);
    }
}
