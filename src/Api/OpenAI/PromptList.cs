using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI;

/// <summary>One prompt or several, each a text or token ids: <c>"a"</c>, <c>[1, 2]</c>, <c>["a", "b"]</c>, <c>[[1, 2], [3]]</c>.</summary>
/// <param name="Prompts">The prompts.</param>
[JsonConverter(typeof(Converter))]
[JsonSchemaText("""{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "integer"}}, {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}]}""")]
internal sealed record PromptList(IReadOnlyList<Prompt> Prompts)
{
    internal sealed class Converter : JsonConverter<PromptList>
    {
        public override PromptList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                return new PromptList([Prompt.FromText(reader.GetString()!)]);
            }
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException("expected a string or an array of token ids");
            }
            var prompts = new List<Prompt>();
            List<int>? ids = null;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.String when ids is null:
                        prompts.Add(Prompt.FromText(reader.GetString()!));
                        break;
                    case JsonTokenType.StartArray when ids is null:
                        var inner = new List<int>();
                        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                        {
                            inner.Add(Id(ref reader));
                        }
                        prompts.Add(Prompt.FromTokens(inner));
                        break;
                    default:
                        (ids ??= []).Add(prompts.Count == 0 ? Id(ref reader) : throw new JsonException("expected strings alone or arrays of token ids alone"));
                        break;
                }
            }
            return new PromptList(ids is null ? prompts : [Prompt.FromTokens(ids)]);
        }

        public override void Write(Utf8JsonWriter writer, PromptList value, JsonSerializerOptions options) => throw new NotSupportedException();

        private static int Id(ref Utf8JsonReader reader) =>
            reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int id) ? id : throw new JsonException("expected token ids");
    }
}
