using Microsoft.AspNetCore.Http;

namespace Engine.Api.Requests;

/// <summary>A request that is answered with an error of OpenAI's shape.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">The sentence for the user.</param>
/// <param name="param">The field of the request it is about.</param>
/// <param name="code">OpenAI's word for the error, where it has one.</param>
internal sealed class ApiException(int status, string message, string? param = null, string? code = null) : EngineException(message)
{
    public int Status { get; } = status;

    /// <summary>When to send the request again; null for the usual time, where there is one.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public string? Param { get; } = param;

    public string? Code { get; } = code;

    /// <summary>A field of the request that makes no sense or is not supported.</summary>
    public static ApiException Invalid(string message, string? param = null) => new(StatusCodes.Status400BadRequest, message, param);
}
