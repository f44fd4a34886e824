using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.OpenAI;

/// <summary>Errors of OpenAI's shape.</summary>
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

/// <param name="Message">A sentence for the user.</param>
/// <param name="Type">OpenAI's class of error: <c>invalid_request_error</c>, <c>server_error</c>, …</param>
/// <param name="Param">The field it is about.</param>
/// <param name="Code">OpenAI's word for it.</param>
internal sealed record ErrorDetails(string Message, string Type, string? Param, string? Code);
