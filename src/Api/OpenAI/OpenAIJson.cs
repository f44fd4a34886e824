using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Api.OpenAI;

/// <summary>OpenAI's requests and answers, in its names: the snake case of these.</summary>
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(ChatRequest))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(CompletionRequest))]
[JsonSerializable(typeof(Completion))]
[JsonSerializable(typeof(CompletionChunk))]
[JsonSerializable(typeof(ModelList))]
internal sealed partial class OpenAIJson : JsonSerializerContext
{
    /// <summary>Quotes and letters of all scripts stay readable: the answers are JSON and no part of a web page.</summary>
    public static OpenAIJson Api { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowDuplicateProperties = false,
    });
}
