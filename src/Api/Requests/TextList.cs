using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Api.Requests;

/// <summary>One text or several: <c>"a"</c> or <c>["a", "b"]</c>.</summary>
/// <param name="Texts">The texts.</param>
[JsonConverter(typeof(Converter))]
[JsonSchemaText("""{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}]}""")]
internal sealed record TextList(IReadOnlyList<string> Texts)
{
    private const string Expected = "expected a string or an array of strings";

    internal sealed class Converter : JsonConverter<TextList>
    {
        public override TextList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                return new TextList([reader.GetString()!]);
            }
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException(Expected);
            }
            var texts = new List<string>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                texts.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException(Expected));
            }
            return new TextList(texts);
        }

        public override void Write(Utf8JsonWriter writer, TextList value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (string text in value.Texts)
            {
                writer.WriteStringValue(text);
            }
            writer.WriteEndArray();
        }
    }
}
