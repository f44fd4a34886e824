using System.Runtime.InteropServices;
using Engine.LlamaCpp.Direct;
using Engine.Registry;
using Engine.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Engine.Remote.Isolation;

/// <summary>A child process: it serves one model to its parent, and ends with it.</summary>
internal static class ChildHost
{
    private const int Ended = 0, Unusable = 2;

    /// <summary>The time limit for disposing of the model once the parent has gone: what takes longer ends with the process.</summary>
    private static readonly TimeSpan DisposalLimit = TimeSpan.FromSeconds(1);

    /// <summary>The interval between lines for the parent's metrics; a line is only sent after a change.</summary>
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(Action<EngineBuilder> addBackends)
    {
        // Ctrl-C in a terminal and a stop by systemd also reach the child, but requests that the parent drains still need it.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
        PreferToDie();
        using var input = new StreamReader(Console.OpenStandardInput());
        if (ChildOrder.Parse(await input.ReadLineAsync().ConfigureAwait(false)) is not { } order)
        {
            await Console.Error.WriteLineAsync(
                "Starting a process for a model: expected an order of the engine that starts it on standard input, found none of this version. Run the same version of both; this is not for people.").ConfigureAwait(false);
            return Unusable;
        }
        var output = new StreamWriter(Console.OpenStandardError()) { AutoFlush = false };
        var log = new ChildLog(output);
        WebApplication app = Build(order, log, addBackends);
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync(
                $"Listening on {order.Endpoint} for a model's requests: expected nobody there, found another process, or a place that cannot be written to ({e.GetBaseException().Message}).").ConfigureAwait(false);
            return Unusable;
        }
        log.Say(new ChildLine { Listens = true });
        using var reporter = new BatchReporter();
        using var reports = new Timer(_ => Report(reporter, log), null, ReportEvery, ReportEvery);
        // Standard input stays open as long as the parent lives, and closes even if the parent is killed.
        await input.ReadToEndAsync().ConfigureAwait(false);
        log.Silence();
        await app.DisposeAsync().AsTask().WaitAsync(DisposalLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        RemoveFolder(order);
        return Ended;
    }

    private static void Report(BatchReporter reporter, ChildLog log)
    {
        if (reporter.Next() is { } report)
        {
            log.Say(new ChildLine { Batch = report });
        }
    }

    private static WebApplication Build(ChildOrder order, ChildLog log, Action<EngineBuilder> addBackends)
    {
        // An empty builder: the parent's configuration, such as its addresses, is not for the child.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddProvider(log).SetMinimumLevel(order.Log).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            if (order.Endpoint.StartsWith(ChildOrder.Unix, StringComparison.Ordinal))
            {
                kestrel.ListenUnixSocket(order.Endpoint[ChildOrder.Unix.Length..], listen => listen.Protocols = HttpProtocols.Http2);
            }
            else
            {
                kestrel.ListenNamedPipe(order.Endpoint[ChildOrder.Pipe.Length..], listen => listen.Protocols = HttpProtocols.Http2);
            }
        });
        if (OperatingSystem.IsWindows())
        {
            builder.WebHost.UseNamedPipes();
        }
        IServiceCollection services = builder.Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelBackend, LlamaCppBackend>());
        var engine = new EngineBuilder(services);
        addBackends(engine);
        engine.AddRemoteModels();
        services.AddSingleton<IModelRegistry>(provider => new ChildModels(
            order, provider.GetServices<IModelBackend>(), provider.GetRequiredService<ILoggerFactory>(), new Progress(log)));
        WebApplication app = builder.Build();
        app.MapRemoteModels();
        return app;
    }

    /// <summary>Has the system kill this process before its parent when memory runs out.</summary>
    private static void PreferToDie()
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                File.WriteAllText("/proc/self/oom_score_adj", "500");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Best effort: otherwise the system chooses by size, and the child is the larger one.
            }
        }
    }

    // A parent that was killed cannot do it.
    private static void RemoveFolder(ChildOrder order)
    {
        if (order.Endpoint.StartsWith(ChildOrder.Unix, StringComparison.Ordinal) && Path.GetDirectoryName(order.Endpoint[ChildOrder.Unix.Length..]) is { } folder)
        {
            ChildFolder.Remove(folder);
        }
    }

    private sealed class Progress(ChildLog log) : IProgress<float>
    {
        private float _said;

        public void Report(float value)
        {
            if (value - _said >= 0.01f || value >= 1)
            {
                _said = value;
                log.Say(new ChildLine { Loaded = value });
            }
        }
    }
}
