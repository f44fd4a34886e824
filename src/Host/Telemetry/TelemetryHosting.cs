using Engine.Api.Service;
using Engine.Telemetry;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Engine.Host.Telemetry;

/// <summary>Exports the metrics of the engine, ASP.NET Core and the runtime: to a collector if one is configured, and as the page <c>/metrics</c>.</summary>
internal static class TelemetryHosting
{
    private const string ServiceName = "engine";

    /// <summary>Meters of the framework: HTTP requests, connections, memory, garbage collections and threads.</summary>
    private static readonly string[] Meters = [EngineTelemetry.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    /// <summary>Adds the exports that the configuration asks for; without any, nobody listens and nothing is measured.</summary>
    public static void AddTelemetry(this IServiceCollection services, ConfigurationManager configuration, MetricsAccess metrics)
    {
        services.AddSingleton(new TelemetryConfiguration(configuration));
        services.AddSingleton<IConfigureOptions<TelemetryOptions>>(provider => provider.GetRequiredService<TelemetryConfiguration>());
        services.AddSingleton<IValidateOptions<TelemetryOptions>>(provider => provider.GetRequiredService<TelemetryConfiguration>());
        services.AddOptions<TelemetryOptions>().ValidateOnStart();
        bool hasCollector = TelemetryConfiguration.Apply(configuration);
        if (!hasCollector && metrics == MetricsAccess.Off)
        {
            return;
        }
        OpenTelemetryBuilder telemetry = services.AddOpenTelemetry().WithMetrics(meters =>
        {
            meters.AddMeter(Meters);
            if (metrics != MetricsAccess.Off)
            {
                meters.AddPrometheusExporter();
            }
        });
        if (string.IsNullOrEmpty(configuration["OTEL_SERVICE_NAME"]))
        {
            telemetry.ConfigureResource(resource => resource.AddService(ServiceName));
        }
        if (hasCollector)
        {
            telemetry.WithTracing(spans => spans
                .AddSource(EngineTelemetry.ActivitySourceName)
                .AddAspNetCoreInstrumentation(requests => requests.Filter = context => !IsProbe(context.Request.Path)));
            telemetry.WithLogging();
            telemetry.UseOtlpExporter();
        }
    }

    /// <summary>Whether a request is a probe or scrape, which comes every few seconds and is not worth a trace.</summary>
    private static bool IsProbe(PathString path) => path.StartsWithSegments("/health", StringComparison.Ordinal) || path == MetricsEndpoint.Path;
}
