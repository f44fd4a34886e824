using System.Text.Json.Serialization;

namespace Engine.Api.OpenAI;

/// <summary>The pieces of streamed answers, written without an allocation: by code that is generated for them, which contexts with options of
/// their own do not use. How letters are escaped is the writer's affair.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(CompletionChunk))]
internal sealed partial class ChunkJson : JsonSerializerContext;
