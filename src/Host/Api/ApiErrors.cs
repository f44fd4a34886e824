using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;

namespace Engine.Host.Api;

/// <summary>Answers every failed request with an error of OpenAI's shape: a sentence, never a stack trace.</summary>
internal sealed class ApiErrors(RunningRequests requests, ILogger<ApiErrors> logger) : IExceptionHandler
{
    /// <summary>After which a client may try again that is refused for a reason that passes: a stop, a loading, a lack of memory.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        await WriteAsync(httpContext, exception).ConfigureAwait(false);
        return true;
    }

    /// <summary>Answers with an exception.</summary>
    public async Task WriteAsync(HttpContext context, Exception e)
    {
        ErrorBody body = Describe(e, out int status);
        context.Response.Clear();
        context.Response.StatusCode = status;
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            TimeSpan pause = e is QueueFullException full && full.RetryAfter > Pause ? full.RetryAfter : Pause;
            context.Response.Headers.RetryAfter = Math.Ceiling(pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }
        await context.Response.WriteAsJsonAsync(body, ApiJson.Api.ErrorBody).ConfigureAwait(false);
    }

    /// <summary>Answers a request that no endpoint has answered.</summary>
    public Task WriteStatusAsync(HttpContext context) => WriteAsync(context, NoEndpoint(context));

    /// <summary>The body for an exception; the log has all details of an unexpected one, the body none.</summary>
    public ErrorBody Describe(Exception e, out int status)
    {
        // A client that has gone is answered nothing: whoever is told this waits for the answer.
        e = e is OperationCanceledException && requests.IsStopping ? new ServerStoppingException() : e;
        (status, string? code) = Classify(e);
        if (status >= StatusCodes.Status500InternalServerError && e is not (ServerStoppingException or DeadlineExceededException or ApiException))
        {
            logger.LogError(e, "A request failed");
        }
        string type = status switch
        {
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            < StatusCodes.Status500InternalServerError => "invalid_request_error",
            _ => "server_error",
        };
        return new ErrorBody(new ErrorDetails(Sentence(e), type, (e as ApiException)?.Param, code));
    }

    /// <summary>What a client may read of an exception.</summary>
    public static string Sentence(Exception e) => e is EngineException or BadHttpRequestException
        ? e.Message : "The server met an unexpected error. Its log has the details.";

    private static (int Status, string? Code) Classify(Exception e) => e switch
    {
        ApiException api => (api.Status, api.Code),
        BadHttpRequestException http => (http.StatusCode, null),
        ContextLengthExceededException => (StatusCodes.Status400BadRequest, "context_length_exceeded"),
        InvalidRequestException or EmptyPromptException or TokenOutOfRangeException or UnsupportedRequestException =>
            (StatusCodes.Status400BadRequest, null),
        QueueFullException => (StatusCodes.Status429TooManyRequests, "queue_full"),
        DeadlineExceededException => (StatusCodes.Status504GatewayTimeout, "deadline_exceeded"),
        // The next request loads the failed model again.
        NativeFailureException => (StatusCodes.Status503ServiceUnavailable, "model_failed"),
        ServerStoppingException or InsufficientMemoryException => (StatusCodes.Status503ServiceUnavailable, null),
        _ => (StatusCodes.Status500InternalServerError, null),
    };

    private static ApiException NoEndpoint(HttpContext context)
    {
        string asked = $"{context.Request.Method} {context.Request.Path}";
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new ApiException(StatusCodes.Status404NotFound,
                $"There is no {asked}. There are {string.Join(", ", Routes(context.RequestServices))}.", code: "unknown_url"),
            StatusCodes.Status405MethodNotAllowed => new ApiException(StatusCodes.Status405MethodNotAllowed,
                $"There is no {asked}: the path takes {context.Response.Headers.Allow}.", code: "method_not_allowed"),
            int status => new ApiException(status, $"{asked} was refused with status {status}."),
        };
    }

    private static IEnumerable<string> Routes(IServiceProvider services) =>
        from endpoint in services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
        select $"{method} {endpoint.RoutePattern.RawText}";
}
