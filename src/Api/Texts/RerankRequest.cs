using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Answers;
using Engine.Api.Requests;

namespace Engine.Api.Texts;

/// <summary>The body of <c>POST /v1/rerank</c>, as Jina's and Cohere's.</summary>
internal sealed class RerankRequest
{
    private static readonly string[] Known =
        [.. TextsJson.Api.RerankRequest.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The model's name; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The query.</summary>
    public string? Query { get; set; }

    /// <summary>The texts that are ranked: <c>"a"</c> or <c>{"text": "a"}</c>.</summary>
    public List<RankedText?>? Documents { get; set; }

    /// <summary>How many of the best documents to return; null for all.</summary>
    public int? TopN { get; set; }

    /// <summary>Whether to return the texts.</summary>
    public bool? ReturnDocuments { get; set; }

    /// <summary>Unknown fields; ignored, except those that look like a typo.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The query and the documents.</summary>
    /// <exception cref="ApiException">One is missing, or a field is invalid.</exception>
    public (string Query, IReadOnlyList<string> Documents) Texts()
    {
        Check.Unknown(Unknown, Known);
        Check.Integer("top_n", TopN, 1, int.MaxValue);
        return Documents is not { Count: > 0 and < Vectors.MaxInputs } documents
            ? throw Check.Wrong("documents", $"1 to {Vectors.MaxInputs - 1} texts", $"{Documents?.Count ?? 0}")
            : (Query ?? throw Check.Wrong("query", "a text", "none"),
                [.. documents.Select((document, i) => document?.Text ?? throw Check.Wrong($"documents[{i}]", "a text, or an object with a 'text'", "null"))]);
    }
}

/// <summary>A document: <c>"a"</c> or <c>{"text": "a"}</c>; written as the latter.</summary>
/// <param name="Text">Its text.</param>
[JsonConverter(typeof(Converter))]
[JsonSchemaText("""{"anyOf": [{"type": "string"}, {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}]}""")]
internal sealed record RankedText(string Text)
{
    internal sealed class Converter : JsonConverter<RankedText>
    {
        public override RankedText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                return new RankedText(reader.GetString()!);
            }
            JsonElement document = JsonElement.ParseValue(ref reader);
            return document.ValueKind == JsonValueKind.Object && document.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String
                ? new RankedText(text.GetString()!) : throw new JsonException("expected a text, or an object with a 'text'");
        }

        public override void Write(Utf8JsonWriter writer, RankedText value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString("text", value.Text);
            writer.WriteEndObject();
        }
    }
}
