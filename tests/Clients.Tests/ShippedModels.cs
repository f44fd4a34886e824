using Engine;
using Engine.Host.Tests.Api;

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
        (IModelBackend[])[], ($"Engine:Models:{Stories}:Path", "builtin:llama-stories"), ($"Engine:Models:{Facts}:Path", "builtin:bert-facts"), ("Serve:AlwaysValid", "true"));

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
