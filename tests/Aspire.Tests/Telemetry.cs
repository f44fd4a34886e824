using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Aspire.Tests;

/// <summary>Stands in for the dashboard: takes what is exported by OTLP over HTTP.</summary>
internal sealed class Telemetry : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource<string> _spans = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Telemetry()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapPost("/v1/traces", async (HttpRequest request) =>
        {
            using var body = new StreamReader(request.Body);
            _spans.TrySetResult(await body.ReadToEndAsync());
        });
        _app.MapPost("/v1/{signal}", async (HttpRequest request) => await request.Body.CopyToAsync(Stream.Null));
    }

    public string Address => _app.Urls.Single();

    /// <summary>The first spans that came, as protobuf, whose strings stand in it as they are.</summary>
    public Task<string> Spans => _spans.Task;

    public static async Task<Telemetry> StartAsync()
    {
        var telemetry = new Telemetry();
        await telemetry._app.StartAsync();
        return telemetry;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
