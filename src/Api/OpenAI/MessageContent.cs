using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI;

/// <summary>The content of a message: a text, or parts whose texts are joined; null or missing counts as none.</summary>
/// <param name="Text">The text; null for none.</param>
[JsonConverter(typeof(Converter))]
[JsonSchemaText("""{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object", "properties": {"type": {"type": "string"}, "text": {"type": "string"}}, "required": ["type", "text"]}}, {"type": "null"}]}""")]
internal sealed record MessageContent(string? Text)
{
    internal sealed class Converter : JsonConverter<MessageContent>
    {
        // Of chat completions and of responses.
        private static readonly string[] TextTypes = ["text", "input_text", "output_text"];

        public override MessageContent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                return new MessageContent(reader.GetString());
            }
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException("expected a string or an array of parts");
            }
            var text = new StringBuilder();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.String)
                {
                    text.Append(reader.GetString());
                    continue;
                }
                JsonElement part = JsonElement.ParseValue(ref reader);
                string? type = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out JsonElement kind) && kind.ValueKind == JsonValueKind.String ? kind.GetString() : null;
                if (!TextTypes.Contains(type))
                {
                    throw new JsonException($"expected parts of text alone ({string.Join(", ", TextTypes)}), because the model reads no others");
                }
                text.Append(part.TryGetProperty("text", out JsonElement value) && value.ValueKind == JsonValueKind.String
                    ? value.GetString() : throw new JsonException("expected a string 'text' in each part"));
            }
            return new MessageContent(text.ToString());
        }

        public override void Write(Utf8JsonWriter writer, MessageContent value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }
}
