using System.Net.Http.Json;
using System.Text.Json;
using Engine.Host.Api;
using Engine.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Engine.Host.Tests.Api;

/// <summary>The whole server on a free port, on backends of the tests.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private TestServer(WebApplication app, Task starting)
    {
        App = app;
        Starting = starting;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) }; // others are for other engines
    }

    public WebApplication App { get; }

    /// <summary>Ends when the models are loaded.</summary>
    public Task Starting { get; }

    public HttpClient Client { get; }

    public static Task<TestServer> StartAsync(ScriptedBackend backend, params (string Key, string Value)[] settings) => StartAsync([backend], settings);

    /// <summary>A real model on a backend of the program's, as the default one.</summary>
    /// <param name="path">Of its file, or its name, such as <c>builtin:bert-facts</c>.</param>
    /// <param name="settings">Other keys of the configuration.</param>
    public static Task<TestServer> StartModelAsync(string path, params (string Key, string Value)[] settings) => StartModelAsync(path, _ => { }, settings);

    /// <summary>The same with services of the program's own.</summary>
    public static Task<TestServer> StartModelAsync(string path, Action<IServiceCollection> services, params (string Key, string Value)[] settings) => StartAsync(
        [], services, [("Engine:Models:default:Path", path), ("Engine:Models:default:Device", "cpu"), .. settings]);

    /// <summary>A model of each backend: the first is the default one, the others have the names of theirs.</summary>
    public static Task<TestServer> StartAsync(IModelBackend[] backends, params (string Key, string Value)[] settings) => StartAsync(backends, _ => { }, settings);

    /// <summary>The same with services of the program's own.</summary>
    public static async Task<TestServer> StartAsync(IModelBackend[] backends, Action<IServiceCollection> services, params (string Key, string Value)[] settings)
    {
        TestServer server = await ListenAsync(backends, settings, services);
        await server.Starting;
        return server;
    }

    /// <summary>Returns as soon as it listens; the models may still be loading.</summary>
    public static Task<TestServer> ListenAsync(IModelBackend[] backends, params (string Key, string Value)[] settings) => ListenAsync(backends, settings, _ => { });

    /// <summary>Changes the default model between backends and files that come with the engine, and waits each time until the new one serves.</summary>
    /// <param name="swaps">How many times.</param>
    public Task SwapModelsAsync(int swaps) => SwapModelsAsync(
        swaps, [("reference", "builtin:llama-stories"), ("llama.cpp", "builtin:llama-tools"), ("llama.cpp", "builtin:llama-stories"), ("reference", "builtin:llama-tools")]);

    /// <summary>Changes the default model from one step to the next, and waits each time until the new one serves. LLamaSharp's gets a process of its own, since one holds one llama.cpp.</summary>
    public async Task SwapModelsAsync(int swaps, (string Backend, string Path)[] steps)
    {
        var registry = App.Services.GetRequiredService<IModelRegistry>();
        for (int swap = 0; swap < swaps; swap++)
        {
            (string backend, string path) = steps[swap % steps.Length];
            App.Configuration["Engine:Models:default:Backend"] = backend;
            App.Configuration["Engine:Models:default:Path"] = path;
            App.Configuration["Engine:Models:default:Isolation"] = backend == "llamasharp" ? "process" : "none";
            ((IConfigurationRoot)App.Configuration).Reload();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            IModel model = await registry.GetAsync();
            while (registry.StatusOf().State != ModelState.Ready || model.Card.Backend != backend || model.Card.Path != registry.OptionsOf().Path)
            {
                await Task.Delay(5, limit.Token);
            }
        }
    }

    private static async Task<TestServer> ListenAsync(IModelBackend[] backends, (string Key, string Value)[] settings, Action<IServiceCollection> services)
    {
        Dictionary<string, string?> all = new()
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Logging:LogLevel:Default"] = "None",
        };
        foreach (IModelBackend backend in backends)
        {
            string model = backend == backends[0] ? "default" : backend.Name;
            all[$"Engine:Models:{model}:Path"] = typeof(ServeHost).Assembly.Location;
            all[$"Engine:Models:{model}:Backend"] = backend.Name;
        }
        foreach ((string key, string value) in settings)
        {
            all[key] = value;
        }
        WebApplication app = ServeHost.Build(all, engine =>
        {
            foreach (IModelBackend backend in backends)
            {
                engine.Services.AddSingleton(backend);
            }
            engine.Services.AddLogging(logging => logging.ClearProviders());
            services(engine.Services);
        });
        Task starting = app.StartAsync();
        // It listens before the loading begins; then the port 0 has become a real one.
        while (app.Urls.Count == 0 || app.Urls.First().EndsWith(":0", StringComparison.Ordinal))
        {
            await Task.WhenAny(starting, Task.Delay(10));
            if (starting.IsFaulted)
            {
                await starting;
            }
        }
        return new TestServer(app, starting);
    }

    public Task<HttpResponseMessage> PostAsync(string body, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead, string path = "/v1/completions", CancellationToken cancellationToken = default) =>
        Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) }, completion, cancellationToken);

    /// <summary>The answer's document, whatever its status.</summary>
    public async Task<JsonElement> AskAsync(string path, string body)
    {
        using HttpResponseMessage response = await PostAsync(body, path: path);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The answer's document, whatever its status.</summary>
    public async Task<JsonElement> CompleteAsync(string body)
    {
        using HttpResponseMessage response = await PostAsync(body);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The answer's document to a chat, whatever its status.</summary>
    public async Task<JsonElement> ChatAsync(string body)
    {
        using HttpResponseMessage response = await PostAsync(body, path: "/v1/chat/completions");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The data of the server-sent events.</summary>
    public async Task<string[]> StreamAsync(string body, string path = "/v1/completions")
    {
        using HttpResponseMessage response = await PostAsync(body, path: path);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        string text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        string[] events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, line => Assert.StartsWith("data: ", line, StringComparison.Ordinal));
        return [.. events.Select(line => line["data: ".Length..])];
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
