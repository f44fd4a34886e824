using Engine.Api.Requests;
using Engine.Api.Service;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Answers;

/// <summary>Why a request is not answered, before a dialect words it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Message">The message for the user.</param>
/// <param name="Param">The field of the request that is to blame; null for none.</param>
/// <param name="Code">An error code, such as <c>context_length_exceeded</c>; null for none.</param>
internal sealed record Failure(int Status, string Message, string? Param = null, string? Code = null)
{
    /// <summary>The delay before a retry when the reason is temporary: stopping, loading, out of memory.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The maximum length of a message, in characters: it may quote what the client sent, and that may be megabytes.</summary>
    private const int MaxCharacters = 2000;

    /// <summary>When to retry; null if a retry changes nothing. Without it, clients retry four times at once.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the server's log should have the details.</summary>
    public bool IsUnexpected { get; init; }

    /// <summary>What a client may read of an exception.</summary>
    public static string Sentence(Exception e) => e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }
            ? "Reading the request's body: it has more bytes than this server takes (Serve:MaxBodyBytes). Send less at a time."
        : e is BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }
            ? "Reading the request's body: it came too slowly, or not to its end. Send the request again."
        : e is EngineException or BadHttpRequestException ? Shorten(e.Message) : "The server met an unexpected error. Its log has the details.";

    /// <summary>What an exception means for the request that met it.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="stopping">Whether the host is stopping: a cancelled request then ended for that reason, since a client that has left reads no answer.</param>
    public static Failure Of(Exception e, bool stopping)
    {
        e = e is OperationCanceledException && stopping ? new ServerStoppingException() : e;
        (int status, string? code) = Classify(e);
        return new Failure(status, Sentence(e), (e as ApiException)?.Param is { } field ? Shorten(field) : null, code)
        {
            RetryAfter = status is not (StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) ? null
                : e is QueueFullException full && full.RetryAfter > Pause ? full.RetryAfter
                : e is ApiException { RetryAfter: { } pause } && pause > Pause ? pause
                : Pause,
            IsUnexpected = status >= StatusCodes.Status500InternalServerError && e is not (ServerStoppingException or DeadlineExceededException or ApiException),
        };
    }

    private static string Shorten(string text) => text.Length <= MaxCharacters ? text : text[..MaxCharacters] + "…";

    private static (int Status, string? Code) Classify(Exception e) => e switch
    {
        ApiException api => (api.Status, api.Code),
        BadHttpRequestException http => (http.StatusCode, null),
        ContextLengthExceededException => (StatusCodes.Status400BadRequest, "context_length_exceeded"),
        InvalidRequestException or EmptyPromptException or TokenOutOfRangeException or UnsupportedRequestException or Chat.ChatTemplateException =>
            (StatusCodes.Status400BadRequest, null),
        QueueFullException => (StatusCodes.Status429TooManyRequests, "queue_full"),
        DeadlineExceededException => (StatusCodes.Status504GatewayTimeout, "deadline_exceeded"),
        // The next request loads the failed model again.
        NativeFailureException => (StatusCodes.Status503ServiceUnavailable, "model_failed"),
        ModelUnavailableException => (StatusCodes.Status503ServiceUnavailable, "model_unavailable"),
        ServerStoppingException or InsufficientMemoryException => (StatusCodes.Status503ServiceUnavailable, null),
        _ => (StatusCodes.Status500InternalServerError, null),
    };
}
