using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.Texts;

/// <summary>The body of <c>POST /tokenize</c>, in llama-server's form.</summary>
internal sealed class TokenizeRequest
{
    private static readonly string[] Known =
        [.. TextsJson.Api.TokenizeRequest.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The model's name; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The text.</summary>
    public string? Content { get; set; }

    /// <summary>Whether to add the special tokens that the model's metadata asks for around a text. The default is false.</summary>
    public bool? AddSpecial { get; set; }

    /// <summary>Whether the text of special tokens becomes these tokens. The default is true.</summary>
    public bool? ParseSpecial { get; set; }

    /// <summary>Whether to return each token's piece of the text with its id.</summary>
    public bool? WithPieces { get; set; }

    /// <summary>Unknown fields; ignored, except those that look like a typo.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The text.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public string Text()
    {
        Check.Unknown(Unknown, Known);
        return Content ?? throw Check.Wrong("content", "a text", "none");
    }
}

/// <summary>The body of <c>POST /detokenize</c>, in llama-server's form.</summary>
internal sealed class DetokenizeRequest
{
    /// <summary>The model's name; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The ids.</summary>
    public List<int>? Tokens { get; set; }
}

/// <param name="Tokens">The ids, with the pieces if requested.</param>
internal sealed record TokenizedText(IReadOnlyList<ListedToken> Tokens);

/// <param name="Content">The text. Control tokens are left out; invalid bytes become U+FFFD.</param>
internal sealed record DetokenizedText(string Content);

/// <summary>A token: <c>1</c>, or with its piece <c>{"id": 1, "piece": "a"}</c>. A piece that is not valid UTF-8 is a list of its bytes.</summary>
/// <param name="Id">The id.</param>
/// <param name="Piece">Its piece of the text; null if not requested.</param>
[JsonConverter(typeof(Converter))]
[JsonSchemaText("""{"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"id": {"type": "integer"}, "piece": {}}}]}""")]
internal sealed record ListedToken(int Id, byte[]? Piece)
{
    internal sealed class Converter : JsonConverter<ListedToken>
    {
        public override ListedToken Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, ListedToken value, JsonSerializerOptions options)
        {
            if (value.Piece is not { } piece)
            {
                writer.WriteNumberValue(value.Id);
                return;
            }
            writer.WriteStartObject();
            writer.WriteNumber("id", value.Id);
            if (System.Text.Unicode.Utf8.IsValid(piece))
            {
                writer.WriteString("piece", piece);
            }
            else
            {
                writer.WriteStartArray("piece");
                foreach (byte part in piece)
                {
                    writer.WriteNumberValue(part);
                }
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
    }
}
