using Engine.Api;
using Engine.Api.Service;
using Engine.BuiltIn;
using Engine.Host.Composition;
using Engine.Host.Service;
using Engine.Host.Shadow;
using Engine.Host.Telemetry;
using Engine.Registry;
using Engine.Shadow;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging.Console;

namespace Engine.Host.Api;

/// <summary>The generic host of <c>serve</c>: the engine and the HTTP API.</summary>
internal static class ServeHost
{
    private const string DefaultUrls = "http://127.0.0.1:8080";
    private const string SettingsFile = "appsettings.json";

    /// <summary>Seconds that the host gives its services after draining.</summary>
    private const int StopSeconds = 5;

    /// <summary>
    /// Builds the host. Later sources win: appsettings.json beside the program, the one in the current folder, the
    /// environment (<c>Engine__Models__default__Backend</c>), the command line.
    /// </summary>
    /// <param name="commandLine">The configuration values given on the command line, by key.</param>
    /// <param name="configure">Adds backends and other services.</param>
    public static WebApplication Build(IEnumerable<KeyValuePair<string, string?>> commandLine, Action<EngineBuilder>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        var files = new SettingsFiles();
        files.Replace(builder.Configuration.Sources, AppContext.BaseDirectory);
        builder.Configuration.Sources.Add(files.At(Path.Combine(Directory.GetCurrentDirectory(), SettingsFile)));
        builder.Configuration.AddEnvironmentVariables().AddInMemoryCollection(commandLine);
        AddDefaultModel(builder.Configuration);
        builder.WebHost.UseKestrelHttpsConfiguration();
        ServeOptions serve = ServeConfiguration.ReadUnchecked(builder.Configuration);
        if (serve.Remote.Count > 0)
        {
            RemoteServing.Listen(builder.Configuration, serve.Remote, DefaultUrls);
        }
        else if (string.IsNullOrEmpty(builder.Configuration["urls"]) && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            builder.WebHost.UseUrls(DefaultUrls);
        }
        // Standard output belongs to what a verb prints.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

        IServiceCollection services = builder.Services;
        services.AddServiceHosting();
        services.AddTelemetry(builder.Configuration, serve.Metrics);
        EngineBuilder engine = services.AddEngine(builder.Configuration).AddAllBackends().AddApi(builder.Configuration);
        services.AddShadowStore(builder.Configuration);
        configure?.Invoke(engine);
        RemoteServing.LimitCalls(services, serve.MaxBodyBytes);
        services.AddCors();
        services.AddHttpLogging(logging =>
        {
            logging.LoggingFields = HttpLoggingFields.RequestPath | HttpLoggingFields.RequestBody | HttpLoggingFields.ResponseStatusCode | HttpLoggingFields.ResponseBody;
            logging.MediaTypeOptions.AddText("application/x-www-form-urlencoded"); // what curl sends JSON as by default
            logging.MediaTypeOptions.AddText("text/event-stream");
        });
        services.AddLogging(logging => logging
            .AddFilter("Microsoft.AspNetCore.HttpLogging", LogLevel.Information)
            // This category logs only unhandled exceptions, which EngineErrors has already logged, those of aborted responses as one line.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", level => level is LogLevel.Warning or LogLevel.Critical)
            // A model's state changes are logged once; each health probe would repeat them.
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
        services.Configure<HostOptions>(host => host.ShutdownTimeout =
            TimeSpan.FromSeconds((double)Math.Max(0, serve.DrainSeconds) + StopSeconds));
        WebApplication app = builder.Build();
        files.LogTo(app.Logger);
        _ = app.Services.GetServices<IShadowSink>().Count(); // a store that cannot be opened fails the start before any model loads
        app.UseEngineErrors();
        if (serve.CorsOrigins.Count > 0)
        {
            app.UseCors(policy => policy.WithOrigins([.. serve.CorsOrigins]).AllowAnyHeader().AllowAnyMethod());
        }
        if (serve.LogBodies)
        {
            app.UseHttpLogging();
        }
        app.MapEngine();
        if (serve.Metrics != MetricsAccess.Off)
        {
            MetricsEndpoint.Map(app, asksForKey: serve.Metrics == MetricsAccess.Guarded);
        }
        if (serve.Remote.Count > 0)
        {
            RemoteServing.MapGuarded(app);
        }
        return app;
    }

    /// <summary>A model of this engine without a path is the one bundled with the engine, unless others are configured.</summary>
    private static void AddDefaultModel(ConfigurationManager configuration)
    {
        IConfigurationSection models = configuration.GetSection(EngineOptions.SectionName).GetSection(nameof(EngineOptions.Models));
        IConfigurationSection path = models.GetSection(EngineOptions.DefaultModelName).GetSection(nameof(ModelOptions.Path));
        IConfigurationSection endpoint = models.GetSection(EngineOptions.DefaultModelName).GetSection(nameof(ModelOptions.Endpoint));
        if (string.IsNullOrEmpty(path.Value) && string.IsNullOrEmpty(endpoint.Value) && models.GetChildren().All(model => StrictSection.Same(model.Key, EngineOptions.DefaultModelName)))
        {
            // With the lowest precedence: appsettings.json may name a model while the program runs.
            configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = [KeyValuePair.Create(path.Path, (string?)DefaultModel.Find())] });
        }
    }
}
