using Engine.Registry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Registry;

/// <summary>A host whose configuration, files and clock a test changes while it runs.</summary>
internal sealed class ChangingHost : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lines _lines = new();
    private readonly ChangingConfiguration _configuration = new();
    private readonly IHost _host;

    /// <summary>With the model <c>default</c> on a fake backend, from the file <c>first.gguf</c>.</summary>
    public ChangingHost(IModelBackend? backend = null, params (string Key, string? Value)[] settings)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.Sources.Add(_configuration);
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddLogging(logging => logging.AddProvider(_lines));
        builder.Services.AddEngine(builder.Configuration).Services.AddSingleton(backend ?? Backend);
        _configuration.Change([("Engine:Models:default:Path", File("first.gguf")), ("Engine:Models:default:Backend", (backend ?? Backend).Name), .. settings]);
        _host = builder.Build();
    }

    public FakeBackend Backend { get; } = new();

    public FakeTimeProvider Clock { get; } = new();

    public IModelRegistry Models => _host.Services.GetRequiredService<IModelRegistry>();

    public IModel Model => _host.Services.GetRequiredService<IModel>();

    public IServiceProvider Services => _host.Services;

    public ModelStatus Status => Models.StatusOf();

    public IReadOnlyList<string> Log => _lines.Written;

    public static async Task<ChangingHost> StartAsync(IModelBackend? backend = null, params (string Key, string? Value)[] settings)
    {
        var host = new ChangingHost(backend, settings);
        await host.StartAsync();
        return host;
    }

    public Task StartAsync() => _host.StartAsync();

    public Task StopAsync() => _host.StopAsync();

    /// <summary>Path of an existing file, created if necessary.</summary>
    public string File(string name, string content = "a model")
    {
        string path = _folder.File(name);
        if (!System.IO.File.Exists(path) || content != "a model")
        {
            System.IO.File.WriteAllText(path, content);
        }
        return path;
    }

    /// <summary>Path of a missing file.</summary>
    public string Missing(string name) => _folder.File(name);

    public void Change(params (string Key, string? Value)[] settings) => _configuration.Change(settings);

    /// <summary>Changes the file of the default model.</summary>
    public void ChangePath(string path) => Change(("Engine:Models:default:Path", path));

    /// <summary>The file of the version that serves.</summary>
    public string Served => Path.GetFileName(Model.Card.Path);

    public Task UntilServed(string name) => Until(() => Status.State == ModelState.Ready && Served == name);

    public Task Until(ModelState state) => Until(() => Status.State == state);

    /// <summary>Waits for what happens in the background.</summary>
    public async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            Assert.False(limit.IsCancellationRequested, $"{Status}\n{string.Join('\n', Log)}");
            await Task.Delay(1);
        }
    }

    /// <summary>Moves the clock until something holds.</summary>
    public Task UntilLater(Func<bool> holds, int seconds = 1) => Until(() =>
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        return holds();
    });

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        Task disposal = Task.Run(_host.Dispose);
        while (!disposal.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(1)); // waiting for a load that does not end is timed by this clock
            await Task.WhenAny(disposal, Task.Delay(10));
        }
        await disposal;
        _folder.Dispose();
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly List<string> _written = [];

        public IReadOnlyList<string> Written
        {
            get { lock (_written) { return [.. _written]; } }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_written)
            {
                _written.Add($"{logLevel}: {formatter(state, exception)}");
            }
        }

        public void Dispose()
        {
        }
    }
}
