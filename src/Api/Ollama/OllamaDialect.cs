using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Ollama;

/// <summary>Errors in Ollama's format.</summary>
internal sealed class OllamaDialect : IDialect
{
    private const string Latest = ":latest";

    public static OllamaDialect Instance { get; } = new();

    public byte[] Body(Failure failure) => JsonSerializer.SerializeToUtf8Bytes(Describe(failure), OllamaJson.Api.OllamaError);

    /// <summary>OllamaSharp shows the message only with status 400. Temporary failures keep their status, which tells other clients to retry.</summary>
    public int Status(Failure failure) =>
        failure.Status is StatusCodes.Status413PayloadTooLarge || failure is { Status: StatusCodes.Status404NotFound, Code: "model_not_found" }
            ? StatusCodes.Status400BadRequest : failure.Status;

    public static OllamaError Describe(Failure failure) => new(failure.Message);

    /// <summary>The configured name of the model that a client names: many write NAME:latest. Null and the empty string stand for the default one.</summary>
    public static string? ModelName(string? asked) =>
        string.IsNullOrEmpty(asked) ? null : asked.EndsWith(Latest, StringComparison.OrdinalIgnoreCase) ? asked[..^Latest.Length] : asked;
}

/// <param name="Error">A message for the user.</param>
internal sealed record OllamaError(string Error);
