using Engine;
using Engine.Parity;
using Engine.Registry;
using Engine.Shadow;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ReferenceModels.Tests.Shadow;

/// <summary>A host with llama.cpp in production whose answers are checked, and the resulting records.</summary>
internal sealed class ShadowHost : IAsyncDisposable, IShadowStore, ILoggerProvider, ILogger
{
    private readonly ChangingConfiguration _configuration = new();
    private readonly List<ShadowRecord> _records = [];
    private readonly List<string> _log = [];
    private readonly IHost _host;

    /// <param name="path">The file that serves.</param>
    /// <param name="settings">Keys under <c>Engine</c>, in addition to a rate of 1 and the whole of a core.</param>
    public ShadowHost(string path, params (string Key, string? Value)[] settings)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.Sources.Add(_configuration);
        builder.Services.AddLogging(logging => logging.AddProvider(this));
        builder.Services.AddSingleton<IShadowSink>(this);
        builder.Services.AddEngine(builder.Configuration).AddReferenceModels();
        (string, string?)[] all =
        [
            ("Models:default:Path", path), ("Models:default:Backend", "llama.cpp"), ("Models:default:Device", "cpu"), ("Models:default:ContextLength", "96"), ("Models:default:Slots", "2"),
            ("Shadow:Rate", "1"), ("Shadow:CpuShare", "1"), ("Shadow:Alarm:Least", "3"), .. settings,
        ];
        _configuration.Change([.. all.Select(setting => ($"Engine:{setting.Item1}", setting.Item2))]);
        _host = builder.Build();
    }

    public IServiceProvider Services => _host.Services;

    public ModelStatus Status => Services.GetRequiredService<IModelRegistry>().StatusOf();

    /// <summary>The exception with which every record fails, if set.</summary>
    public Exception? Failure { get; set; }

    public IReadOnlyList<ShadowRecord> Records
    {
        get { lock (_records) { return [.. _records]; } }
    }

    public IReadOnlyList<string> Log
    {
        get { lock (_log) { return [.. _log]; } }
    }

    /// <summary>What the samples have exercised.</summary>
    public CoverageReport? Coverage { get; private set; }

    public static async Task<ShadowHost> StartAsync(string path, params (string Key, string? Value)[] settings)
    {
        var host = new ShadowHost(path, settings);
        await host._host.StartAsync();
        return host;
    }

    public async Task<List<GeneratedToken>> AskAsync(GenerateRequest request)
    {
        await using IModel model = await Services.GetRequiredService<IModelRegistry>().LeaseAsync();
        return await model.GenerateAsync(request).ToListAsync();
    }

    /// <summary>Sends requests one after another until this many records have arrived.</summary>
    public async Task AskAsync(int times, int tokens = 12)
    {
        for (int i = 0; i < times; i++)
        {
            int records = Records.Count;
            await AskAsync(new GenerateRequest
            {
                Prompt = Prompt.FromTokens([1, 5, 9 + i, 40, 17]),
                MaxTokens = tokens,
                IgnoreEndOfGeneration = true,
                Sampling = new SamplingOptions { Seed = (ulong)i },
            });
            await Until(() => Records.Count > records);
        }
    }

    public async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            Assert.False(limit.IsCancellationRequested, $"{Status}\n{string.Join('\n', Log)}");
            await Task.Delay(2);
        }
    }

    public ValueTask WriteAsync(ShadowRecord record, CancellationToken cancellationToken)
    {
        lock (_records)
        {
            _records.Add(record);
        }
        return Failure is null ? ValueTask.CompletedTask : throw Failure;
    }

    ValueTask<Coverage?> IShadowStore.ReadCoverageAsync(string model, ModelCard card, CancellationToken cancellationToken) => ValueTask.FromResult<Coverage?>(null);

    ValueTask IShadowStore.WriteAsync(string model, Coverage coverage, CancellationToken cancellationToken)
    {
        Coverage = coverage.ToReport();
        return ValueTask.CompletedTask;
    }

    ValueTask IShadowStore.WriteAsync(ShadowAlarmRecord alarm, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
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
}
