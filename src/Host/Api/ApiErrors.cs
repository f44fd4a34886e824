using Engine.Host.Workers;

namespace Engine.Host.Api;

/// <summary>Answers every failed request with an error of OpenAI's shape: a sentence, never a stack trace.</summary>
internal static class ApiErrors
{
    public static void UseApiErrors(this WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                app.Logger.LogDebug("The client of {Path} went away", context.Request.Path);
            }
#pragma warning disable CA1031 // The border of the process: whatever it was, the client gets an answer.
            catch (Exception e) when (!context.Response.HasStarted)
#pragma warning restore CA1031
            {
                await WriteAsync(context, e, app.Logger).ConfigureAwait(false);
            }
        });
        app.UseStatusCodePages(pages => WriteAsync(pages.HttpContext, Route(pages.HttpContext), app.Logger));
    }

    /// <summary>The body for an exception; what nothing foresaw is logged with all its details and told without them.</summary>
    public static ErrorBody Describe(Exception e, ILogger logger, out int status)
    {
        (status, string? code) = Classify(e);
        if (status >= StatusCodes.Status500InternalServerError && e is not ServerStoppingException and not ApiException)
        {
            logger.LogError(e, "A request failed");
        }
        string message = e is EngineException or BadHttpRequestException
            ? e.Message : "The server failed in a way nothing foresaw. Its log has the details.";
        string type = status switch
        {
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            < StatusCodes.Status500InternalServerError => "invalid_request_error",
            _ => "server_error",
        };
        return new ErrorBody(new ErrorDetails(message, type, (e as ApiException)?.Param, code));
    }

    private static async Task WriteAsync(HttpContext context, Exception e, ILogger logger)
    {
        ErrorBody body = Describe(e, logger, out int status);
        context.Response.Clear();
        context.Response.StatusCode = status;
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }
        await context.Response.WriteAsJsonAsync(body, ApiJson.Api.ErrorBody).ConfigureAwait(false);
    }

    private static (int Status, string? Code) Classify(Exception e) => e switch
    {
        ApiException api => (api.Status, api.Code),
        BadHttpRequestException http => (http.StatusCode, null),
        ContextLengthExceededException => (StatusCodes.Status400BadRequest, "context_length_exceeded"),
        InvalidRequestException or EmptyPromptException or TokenOutOfRangeException or UnsupportedRequestException =>
            (StatusCodes.Status400BadRequest, null),
        ServerStoppingException or InsufficientMemoryException => (StatusCodes.Status503ServiceUnavailable, null),
        _ => (StatusCodes.Status500InternalServerError, null),
    };

    private static ApiException Route(HttpContext context)
    {
        string asked = $"{context.Request.Method} {context.Request.Path}";
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new ApiException(StatusCodes.Status404NotFound,
                $"There is no {asked}. There are POST /v1/completions, GET /v1/models and GET /health.", code: "unknown_url"),
            StatusCodes.Status405MethodNotAllowed => new ApiException(StatusCodes.Status405MethodNotAllowed,
                $"There is no {asked}: the path takes {context.Response.Headers.Allow}.", code: "method_not_allowed"),
            int status => new ApiException(status, $"{asked} was refused with status {status}."),
        };
    }
}
