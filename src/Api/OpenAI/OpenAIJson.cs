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
