using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI;

/// <summary>OpenAI's requests and answers.</summary>
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(ChatRequest))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(CompletionRequest))]
[JsonSerializable(typeof(Completion))]
[JsonSerializable(typeof(EmbeddingRequest))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(ModelList))]
internal sealed partial class OpenAIJson : JsonSerializerContext
{
    public static OpenAIJson Api { get; } = new(ApiJson.Options());
}

/// <summary>The pieces of streamed answers, written without an allocation: by code that is generated for them, which contexts with options of
/// their own do not use. How letters are escaped is the writer's affair.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(CompletionChunk))]
internal sealed partial class ChunkJson : JsonSerializerContext;
