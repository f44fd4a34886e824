using System.Globalization;
using Engine.Api.Answers;
using Engine.Api.Documents;
using Engine.Api.Service;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Engine.Api.Endpoints;

/// <summary>Answers failed requests in the dialect of their endpoint, with a message and never a stack trace.</summary>
internal sealed partial class Errors(RunningRequests requests, ILogger<Errors> logger)
{
    /// <summary>What an exception means to the client. The details of an unexpected one go to the log only.</summary>
    public Failure Describe(Exception e)
    {
        Failure failure = Failure.Of(e, requests.IsStopping);
        if (failure.IsUnexpected && e is EngineException)
        {
            LogRefusal(logger, failure.Message); // the message says it all
        }
        else if (failure.IsUnexpected)
        {
            LogFailure(logger, e);
        }
        return failure;
    }

    /// <summary>Logs that a response ends by aborting the connection, since its status was already sent.</summary>
    public void BreakOff(HttpContext context, Exception e)
    {
        if (e is BrokenOffException)
        {
            LogBrokenOff(logger, context.Request.Path, e.Message); // Describe has already logged an unexpected one
        }
        else
        {
            LogFailure(logger, e);
        }
    }

    /// <summary>Answers with a failure; the response must not have started.</summary>
    public static async Task WriteAsync(HttpContext context, IDialect dialect, Failure failure)
    {
        StringValues allowed = context.Response.Headers.Allow;
        context.Response.Clear();
        context.Response.Headers.Allow = allowed; // HTTP wants it beside 405
        context.Response.StatusCode = dialect.Status(failure);
        if (failure.RetryAfter is { } pause)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }
        await WriteJsonAsync(context, dialect.Body(failure)).ConfigureAwait(false);
    }

    /// <summary>Answers with JSON of known length: some clients cannot read chunked responses.</summary>
    public static async Task WriteJsonAsync(HttpContext context, byte[] json)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            // Without a cancellation token: writing to a client that has gone does nothing and is not an error.
            await context.Response.Body.WriteAsync(json, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Describes what exists, for a request that matches no endpoint.</summary>
    public static Failure NoEndpoint(HttpContext context)
    {
        string asked = $"{context.Request.Method} {context.Request.Path}";
        int status = context.Response.StatusCode;
        // gRPC takes every path of two parts, so that routing finds an endpoint for POST /v1/completions with another method, and not the method at fault.
        if (status == StatusCodes.Status404NotFound && Routes(context).Where(route => route.Matches(context.Request.Path)).Select(route => route.Method).ToArray() is { Length: > 0 } methods)
        {
            context.Response.Headers.Allow = string.Join(", ", methods);
            status = StatusCodes.Status405MethodNotAllowed;
        }
        return status switch
        {
            StatusCodes.Status404NotFound => new Failure(status,
                $"There is no {asked}. There are {string.Join(", ", Routes(context).Select(route => $"{route.Method} {route.Endpoint.RoutePattern.RawText}"))}.", Code: "unknown_url"),
            StatusCodes.Status405MethodNotAllowed => new Failure(status, $"There is no {asked}: the path takes {context.Response.Headers.Allow}.", Code: "method_not_allowed"),
            _ => new Failure(status, $"{asked} was refused with status {status}."),
        };
    }

    /// <summary>What the OpenAPI document lists: not its page's files, nor what speaks gRPC.</summary>
    private static IEnumerable<Route> Routes(HttpContext context) =>
        from endpoint in context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where endpoint.Metadata.GetMetadata<Operation>() is not null
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
        select new Route(method, endpoint);

    private sealed record Route(string Method, RouteEndpoint Endpoint)
    {
        public bool Matches(PathString path) => new TemplateMatcher(new RouteTemplate(Endpoint.RoutePattern), []).TryMatch(path, []);
    }

    [LoggerMessage(1, LogLevel.Error, "A request failed")]
    private static partial void LogFailure(ILogger logger, Exception failure);

    [LoggerMessage(2, LogLevel.Error, "A request failed: {Reason}")]
    private static partial void LogRefusal(ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Information, "A streamed answer of {Path} broke off; its client got the reason: {Reason}")]
    private static partial void LogBrokenOff(ILogger logger, string path, string reason);
}
