using Engine.Api.Access;
using Engine.Api.Requests;
using Engine.Api.Service;
using Engine.Remote;
using Engine.Remote.Server;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Engine.Host.Api;

/// <summary>Serves the models to other engines, under the same keys, limits and draining as the HTTP API but at separate addresses, since gRPC needs HTTP/2.</summary>
internal static class RemoteServing
{
    private const string Endpoints = "Kestrel:Endpoints";

    /// <summary>Has the web server listen for other engines. Kestrel takes either the setting <c>urls</c> or its own section, so all addresses go into the section.</summary>
    /// <param name="configuration">Receives the addresses.</param>
    /// <param name="addresses">The setting <c>Serve:Remote</c>.</param>
    /// <param name="defaultUrls">The default addresses of the HTTP API.</param>
    public static void Listen(ConfigurationManager configuration, IReadOnlyList<string> addresses, string defaultUrls)
    {
        var endpoints = new Dictionary<string, string?>();
        if (!configuration.GetSection(Endpoints).Exists())
        {
            string urls = configuration["urls"] is { Length: > 0 } given ? given : defaultUrls;
            foreach ((int i, string url) in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Index())
            {
                endpoints[$"{Endpoints}:Http{i}:Url"] = url;
            }
            endpoints["urls"] = ""; // or Kestrel would warn that it overrides them
        }
        foreach ((int i, string address) in addresses.Index())
        {
            endpoints[$"{Endpoints}:Remote{i}:Url"] = UrlOf(address);
            endpoints[$"{Endpoints}:Remote{i}:Protocols"] = "Http2";
        }
        configuration.AddInMemoryCollection(endpoints);
    }

    /// <summary>Adds the service.</summary>
    public static void MapGuarded(WebApplication app) => app.MapRemoteModels().Add(endpoint =>
    {
        if (endpoint.RequestDelegate is { } answer)
        {
            endpoint.RequestDelegate = context => GuardAsync(context, answer);
        }
    });

    /// <summary>Enforces the body limit on calls: gRPC knows the size before it reads a body, and reports it in its own way.</summary>
    public static void LimitCalls(IServiceCollection services, int bytes) =>
        services.Configure<GrpcServiceOptions<RemoteService>>(options => options.MaxReceiveMessageSize = Math.Max(1, bytes));

    private static async Task GuardAsync(HttpContext context, RequestDelegate answer)
    {
        try
        {
            context.RequestServices.GetRequiredService<Gate>().Enter(context, works: IsWork(context.Request.Path));
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
            {
                body.MaxRequestBodySize = null; // LimitCalls enforces it
            }
            using RunningRequests.Running running = context.RequestServices.GetRequiredService<RunningRequests>().Begin(context.RequestAborted);
            context.RequestAborted = running.Token;
            await answer(context).ConfigureAwait(false);
        }
        catch (ApiException e) when (e.Status == StatusCodes.Status401Unauthorized)
        {
            await CallRefusal.WriteUnauthenticatedAsync(context, e.Message).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            await CallRefusal.WriteAsync(context, e.RetryAfter is { } pause ? new QueueFullException(e.Message, pause) : new EngineException(e.Message)).ConfigureAwait(false);
        }
        catch (ServerStoppingException e)
        {
            await CallRefusal.WriteAsync(context, new ModelUnavailableException(e.Message)).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a model computes for it: the rate limit counts only such calls.</summary>
    private static bool IsWork(PathString path) => path.Value?.Split('/')[^1] is "Score" or "Generate" or "Embed";

    // Kestrel's notation for the path of a socket or the name of a pipe.
    private static string UrlOf(string address) =>
        address.StartsWith("unix:", StringComparison.Ordinal) ? "http://" + address
        : address.StartsWith("pipe:", StringComparison.Ordinal) ? $"http://pipe:/{address["pipe:".Length..]}"
        : address;
}
