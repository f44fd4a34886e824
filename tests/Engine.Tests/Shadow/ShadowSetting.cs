using Engine.Registry;
using Engine.Serving;
using Engine.Shadow;
using Engine.Tests.Serving;
using Engine.Tests.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Shadow;

/// <summary>A host with a scripted model under a name of its own and another as its oracle, all of whose answers are checked.</summary>
internal sealed class ShadowSetting : IAsyncDisposable, IShadowSink, IModelBackend, ILoggerProvider, ILogger
{
    private readonly TemporaryFolder _folder = new();
    private readonly ChangingConfiguration _configuration = new();
    private readonly List<ShadowRecord> _records = [];
    private readonly List<string> _log = [];
    private readonly IHost _host;

    /// <param name="name">Of the model: no other test has it.</param>
    /// <param name="settings">Keys below <c>Engine</c>.</param>
    public ShadowSetting(string name, params (string Key, string? Value)[] settings)
    {
        (ModelName, Recording) = (name, new Recording(name));
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.Sources.Add(_configuration);
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddLogging(logging => logging.AddProvider(this));
        builder.Services.AddSingleton<IShadowSink>(this);
        builder.Services.AddEngine(builder.Configuration).Services.AddSingleton<IModelBackend>(this);
        Change(
        [
            ("Models:default:Path", File("default.gguf")), ("Models:default:Backend", "scripted"), ("Models:default:Load", "onuse"),
            ($"Models:{name}:Path", File("model.gguf")), ($"Models:{name}:Backend", "scripted"),
            ("Models:oracle:Path", File("oracle.gguf")), ("Models:oracle:Backend", "scripted"), ("Models:oracle:Load", "onuse"),
            ("Shadow:Rate", "1"), ("Shadow:CpuShare", "1"), ("Shadow:Oracle", "oracle"), ("Shadow:Alarm:Least", "2"), .. settings,
        ]);
        _host = builder.Build();
    }

    public string ModelName { get; }

    public FakeTimeProvider Clock { get; } = new();

    public Recording Recording { get; }

    /// <summary>What answers.</summary>
    public ScriptedModel Scripted { get; init; } = new() { Next = _ => 'a' };

    /// <summary>What judges.</summary>
    public Func<ScriptedModel> Oracle { get; set; } = static () => new ScriptedModel { Next = _ => 'a' };

    /// <summary>Puts something before the model that answers.</summary>
    public Func<IModel, IModel> Wrap { get; init; } = static model => model;

    /// <summary>What every record fails with, where that is set.</summary>
    public Exception? SinkFailure { get; set; }

    public IModel Model => _host.Services.GetRequiredKeyedService<IModel>(ModelName);

    public ModelStatus Status => _host.Services.GetRequiredService<IModelRegistry>().StatusOf(ModelName);

    public IReadOnlyList<ShadowRecord> Records
    {
        get { lock (_records) { return [.. _records]; } }
    }

    public IReadOnlyList<string> Log
    {
        get { lock (_log) { return [.. _log]; } }
    }

    string IModelBackend.Name => "scripted";

    public static GenerateRequest Request => new() { Prompt = Prompt.FromText("say"), MaxTokens = 5, Sampling = new SamplingOptions { Seed = 3 } };

    public async Task<ShadowSetting> StartAsync()
    {
        await _host.StartAsync();
        return this;
    }

    public void Change(params (string Key, string? Value)[] settings) => _configuration.Change([.. settings.Select(setting => ($"Engine:{setting.Key}", setting.Value))]);

    /// <summary>Asks, and waits for the record.</summary>
    public async Task<ShadowRecord> AskAsync()
    {
        int records = Records.Count;
        await Model.GenerateAsync(Request).ToListAsync();
        await Until(() => Records.Count > records);
        return Records[^1];
    }

    public async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            Assert.False(limit.IsCancellationRequested, $"{Status}\n{string.Join('\n', Log)}");
            await Task.Delay(1);
        }
    }

    public int Dropped(string reason) => Recording.Of("engine.shadow.dropped").Count(one => (string)one.Tags["engine.shadow.reason"]! == reason);

    public ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        bool answers = options.Path.EndsWith("model.gguf", StringComparison.Ordinal);
        var served = new ServedModel(answers ? Scripted : Oracle(), ServingOptions.Of(options));
        return ValueTask.FromResult(answers ? Wrap(served) : served);
    }

    public ValueTask WriteAsync(ShadowRecord record, CancellationToken cancellationToken)
    {
        lock (_records)
        {
            _records.Add(record);
        }
        return SinkFailure is null ? ValueTask.CompletedTask : throw SinkFailure;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Recording.Dispose();
        _folder.Dispose();
    }

    ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_log)
        {
            _log.Add($"{logLevel}: {formatter(state, exception)}");
        }
    }

    void IDisposable.Dispose()
    {
    }

    private string File(string name) => _folder.File(name, System.Text.Encoding.UTF8.GetBytes(name));
}
