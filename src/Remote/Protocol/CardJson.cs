using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;

namespace Engine.Remote.Protocol;

/// <summary>A model's card as JSON.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ModelCard))]
internal sealed partial class CardJson : JsonSerializerContext
{
    public static ByteString Write(ModelCard card) => UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(card, Default.ModelCard));

    /// <exception cref="ProtocolFault">It is not a card.</exception>
    public static ModelCard Read(ByteString json)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, Default.ModelCard) ?? throw new ProtocolFault("a model's card", "null");
        }
        catch (JsonException e)
        {
            throw new ProtocolFault("a model's card", e.Message);
        }
    }
}
