using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.Anthropic;

/// <summary>Anthropic's requests and answers.</summary>
[JsonSerializable(typeof(AnthropicError))]
[JsonSerializable(typeof(MessagesRequest))]
[JsonSerializable(typeof(CountTokensRequest))]
[JsonSerializable(typeof(AnthropicAnswer))]
[JsonSerializable(typeof(TokenCount))]
[JsonSerializable(typeof(MessageStartEvent))]
[JsonSerializable(typeof(BlockStartEvent))]
[JsonSerializable(typeof(BlockDeltaEvent))]
[JsonSerializable(typeof(BlockStopEvent))]
[JsonSerializable(typeof(MessageDeltaEvent))]
internal sealed partial class AnthropicJson : JsonSerializerContext
{
    public static AnthropicJson Api { get; } = new(ApiJson.Options());
}
