using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Anthropic;

/// <summary>Errors in Anthropic's format.</summary>
internal sealed class AnthropicDialect : IDialect
{
    public static AnthropicDialect Instance { get; } = new();

    public byte[] Body(Failure failure) => JsonSerializer.SerializeToUtf8Bytes(Describe(failure), AnthropicJson.Api.AnthropicError);

    public static AnthropicError Describe(Failure failure) => new("error", new AnthropicErrorDetails(failure.Status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status404NotFound => "not_found_error",
        StatusCodes.Status413PayloadTooLarge => "request_too_large",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        StatusCodes.Status503ServiceUnavailable => "overloaded_error",
        StatusCodes.Status504GatewayTimeout => "timeout_error",
        < StatusCodes.Status500InternalServerError => "invalid_request_error",
        _ => "api_error",
    }, failure.Message));
}

/// <param name="Type">Always <c>error</c>.</param>
/// <param name="Error">What is wrong.</param>
internal sealed record AnthropicError(string Type, AnthropicErrorDetails Error);

/// <param name="Type">Anthropic's class of error: <c>invalid_request_error</c>, <c>overloaded_error</c>, …</param>
/// <param name="Message">A message for the user.</param>
internal sealed record AnthropicErrorDetails(string Type, string Message);
