using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI.Responses;

/// <summary>A conversation: a text of the user's, or items.</summary>
/// <param name="Items">Oldest first.</param>
[JsonConverter(typeof(Converter))]
[Items(typeof(ResponseItem))]
[JsonSchemaText("""{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]}""")]
internal sealed record ResponseInput(List<ResponseItem?> Items)
{
    internal sealed class Converter : JsonConverter<ResponseInput>
    {
        public override ResponseInput Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.String => new ResponseInput([new ResponseItem { Role = "user", Content = new MessageContent(reader.GetString()) }]),
            JsonTokenType.StartArray => new ResponseInput(NestedJson.Read(ref reader, ResponsesJson.Api.ListResponseItem, "input")),
            _ => throw new JsonException("expected a text or an array of items"),
        };

        public override void Write(Utf8JsonWriter writer, ResponseInput value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}
