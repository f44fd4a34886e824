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

/// <summary>Chunks of streamed answers, written without allocating by generated code, which contexts with their own options
/// do not use. Escaping is up to the writer.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(CompletionChunk))]
internal sealed partial class ChunkJson : JsonSerializerContext;
