using Microsoft.AspNetCore.Http;

namespace Engine.Api.Requests;

/// <summary>A request that is answered with an error.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">The message for the user.</param>
/// <param name="param">The field of the request that is to blame.</param>
/// <param name="code">OpenAI's code for the error, if it has one.</param>
internal sealed class ApiException(int status, string message, string? param = null, string? code = null) : EngineException(message)
{
    public int Status { get; } = status;

    /// <summary>When to retry; null for the usual delay, if the error is temporary.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public string? Param { get; } = param;

    public string? Code { get; } = code;

    /// <summary>A field of the request that is invalid or is not supported.</summary>
    public static ApiException Invalid(string message, string? param = null) => new(StatusCodes.Status400BadRequest, message, param);
}
