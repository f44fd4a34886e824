using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.Anthropic;

/// <summary>Content: plain text, read as one block, or a list of blocks.</summary>
/// <param name="Blocks">The blocks that a model reads.</param>
[JsonConverter(typeof(Converter))]
[JsonSchemaText("""{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object", "properties": {"type": {"type": "string"}, "text": {"type": "string"}}, "required": ["type"]}}]}""")]
internal sealed record ContentBlocks(IReadOnlyList<ContentBlock> Blocks)
{
    /// <summary>The text of blocks that must all be text.</summary>
    /// <param name="field">Their path in the request.</param>
    /// <param name="separator">What goes between two of them.</param>
    /// <exception cref="ApiException">One is of another type.</exception>
    public string Text(string field, string separator) => Blocks.FirstOrDefault(block => block.Type != ContentBlock.TextType) is { } other
        ? throw Check.Wrong(field, "blocks of text alone", $"one of type '{other.Type}'")
        : string.Join(separator, Blocks.Select(block => block.Text));

    /// <summary>Reads every text at once: only here does the serializer report half a surrogate pair.</summary>
    internal sealed class Converter : JsonConverter<ContentBlocks>
    {
        public override ContentBlocks Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.String => new ContentBlocks([ContentBlock.OfText(reader.GetString()!)]),
            JsonTokenType.StartArray => new ContentBlocks([.. JsonElement.ParseValue(ref reader).EnumerateArray().Select(ContentBlock.Read).OfType<ContentBlock>()]),
            _ => throw new JsonException("expected a string or an array of blocks"),
        };

        public override void Write(Utf8JsonWriter writer, ContentBlocks value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}
