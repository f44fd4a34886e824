using Engine.Api.Access;

namespace Engine.Host.Telemetry;

/// <summary>The metrics in Prometheus's format.</summary>
internal static class MetricsEndpoint
{
    public const string Path = "/metrics";

    /// <summary>The time that a scraper has to read the response.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Adds the page.</summary>
    /// <param name="app">The program.</param>
    /// <param name="asksForKey">Whether the scraper must meet the same conditions as other requests: have a key, or be on this machine.</param>
    public static void Map(WebApplication app, bool asksForKey)
    {
        var scrape = new Lazy<RequestDelegate>(() => ((IApplicationBuilder)app).New()
            .UseOpenTelemetryPrometheusScrapingEndpoint(meterProvider: null, predicate: _ => true, path: null, configureBranchedPipeline: null, optionsName: null).Build());
        app.MapGet(Path, context =>
        {
            if (asksForKey)
            {
                context.RequestServices.GetRequiredService<Gate>().Enter(context, works: false);
            }
            return AnswerAsync(context, scrape.Value);
        });
    }

    /// <summary>The exporter locks its page while it is being read, and others wait meanwhile. So it writes into memory, and a scraper that reads slowly or not at all
    /// blocks only its own connection, and only for a limited time.</summary>
    private static async Task AnswerAsync(HttpContext context, RequestDelegate scrape)
    {
        Stream answer = context.Response.Body;
        using var page = new MemoryStream();
        context.Response.Body = page;
        try
        {
            await scrape(context).ConfigureAwait(false);
        }
        finally
        {
            context.Response.Body = answer;
        }
        context.Response.ContentLength = page.Length;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(Patience);
        try
        {
            await answer.WriteAsync(page.GetBuffer().AsMemory(0, (int)page.Length), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            context.Abort(); // the scraper has gone or reads nothing
        }
    }
}
