using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Ollama;

/// <summary>Errors of Ollama's shape.</summary>
internal sealed class OllamaDialect : IDialect
{
    private const string Latest = ":latest";

    public static OllamaDialect Instance { get; } = new();

    public byte[] Body(Failure failure) => JsonSerializer.SerializeToUtf8Bytes(Describe(failure), OllamaJson.Api.OllamaError);

    /// <summary>OllamaSharp shows the sentence with 400 alone. What passes by itself keeps its status, for other clients try again by that.</summary>
    public int Status(Failure failure) =>
        failure.Status is StatusCodes.Status413PayloadTooLarge || failure is { Status: StatusCodes.Status404NotFound, Code: "model_not_found" }
            ? StatusCodes.Status400BadRequest : failure.Status;

    public static OllamaError Describe(Failure failure) => new(failure.Message);

    /// <summary>The configured name of what a client calls a model: many write NAME:latest. Null and an empty text stand for the default one.</summary>
    public static string? ModelName(string? asked) =>
        string.IsNullOrEmpty(asked) ? null : asked.EndsWith(Latest, StringComparison.OrdinalIgnoreCase) ? asked[..^Latest.Length] : asked;
}

/// <param name="Error">A sentence for the user.</param>
internal sealed record OllamaError(string Error);
