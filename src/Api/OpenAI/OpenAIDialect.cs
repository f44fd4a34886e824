using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.OpenAI;

/// <summary>Errors in OpenAI's format.</summary>
internal sealed class OpenAIDialect : IDialect
{
    public static OpenAIDialect Instance { get; } = new();

    public byte[] Body(Failure failure) => JsonSerializer.SerializeToUtf8Bytes(Describe(failure), OpenAIJson.Api.ErrorBody);

    public static ErrorBody Describe(Failure failure) => new(new ErrorDetails(failure.Message, failure.Status switch
    {
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        StatusCodes.Status401Unauthorized => "authentication_error",
        < StatusCodes.Status500InternalServerError => "invalid_request_error",
        _ => "server_error",
    }, failure.Param, failure.Code));
}

internal sealed record ErrorBody(ErrorDetails Error);

/// <param name="Message">A message for the user.</param>
/// <param name="Type">OpenAI's class of error: <c>invalid_request_error</c>, <c>server_error</c>, …</param>
/// <param name="Param">The field that is to blame.</param>
/// <param name="Code">OpenAI's error code.</param>
internal sealed record ErrorDetails(string Message, string Type, string? Param, string? Code);
