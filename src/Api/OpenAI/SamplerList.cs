using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI;

/// <summary>Samplers by name: <c>["top_k", "temperature"]</c> or <c>"top_k;temperature"</c>.</summary>
/// <param name="Names">Separated by semicolons.</param>
[JsonConverter(typeof(Converter))]
[JsonSchemaText("""{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}]}""")]
internal sealed record SamplerList(string Names)
{
    internal sealed class Converter : JsonConverter<SamplerList>
    {
        private static readonly TextList.Converter Texts = new();

        public override SamplerList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            string names = string.Join(SamplerNames.Separator, Texts.Read(ref reader, typeof(TextList), options).Texts);
            return SamplerNames.Fault(names) is null ? new SamplerList(names) : throw new JsonException($"expected {SamplerNames.Expected}");
        }

        public override void Write(Utf8JsonWriter writer, SamplerList value, JsonSerializerOptions options) => writer.WriteStringValue(value.Names);
    }
}
