using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI;

/// <summary>The vectors of texts.</summary>
/// <param name="Object">Always <c>list</c>.</param>
/// <param name="Data">One for each input, in order.</param>
/// <param name="Model">The model.</param>
/// <param name="Usage">Token usage.</param>
internal sealed record EmbeddingList(string Object, IReadOnlyList<ListedEmbedding> Data, string Model, EmbeddingUsage Usage);

/// <param name="Object">Always <c>embedding</c>.</param>
/// <param name="Index">Index of its input, from 0.</param>
/// <param name="Embedding">The vector.</param>
internal sealed record ListedEmbedding(string Object, int Index, EmbeddingVector Embedding);

/// <param name="PromptTokens">Tokens of all inputs.</param>
/// <param name="TotalTokens">The same number.</param>
internal sealed record EmbeddingUsage(int PromptTokens, int TotalTokens);

/// <summary>A vector, written as numbers or as the bytes of little-endian floats in base64.</summary>
/// <param name="Numbers">Its numbers.</param>
/// <param name="IsBase64">Whether it is written as bytes.</param>
[JsonConverter(typeof(Converter))]
[JsonSchemaText("""{"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "string"}]}""")]
internal sealed record EmbeddingVector(float[] Numbers, bool IsBase64)
{
    internal sealed class Converter : JsonConverter<EmbeddingVector>
    {
        public override EmbeddingVector Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, EmbeddingVector value, JsonSerializerOptions options)
        {
            if (value.IsBase64)
            {
                byte[] bytes = new byte[value.Numbers.Length * sizeof(float)];
                for (int i = 0; i < value.Numbers.Length; i++)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), value.Numbers[i]);
                }
                writer.WriteBase64StringValue(bytes);
                return;
            }
            writer.WriteStartArray();
            foreach (float number in value.Numbers)
            {
                writer.WriteNumberValue(number);
            }
            writer.WriteEndArray();
        }
    }
}
