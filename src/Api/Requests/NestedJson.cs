using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Engine.Api.Requests;

/// <summary>Reads values of a known type from within a converter.</summary>
internal static class NestedJson
{
    /// <summary>Reads the value. An error in it keeps its path in the body, which the serializer would otherwise give relative to the value.</summary>
    /// <param name="reader">At the value's first token.</param>
    /// <param name="type">The value's type.</param>
    /// <param name="field">Its path in the body.</param>
    public static T Read<T>(ref Utf8JsonReader reader, JsonTypeInfo<T> type, string field)
    {
        try
        {
            return JsonSerializer.Deserialize(ref reader, type)!;
        }
        catch (JsonException e) when (e.Path is { Length: > 0 } path)
        {
            throw new JsonException(e.Message, $"$.{field}{path[1..]}", e.LineNumber, e.BytePositionInLine, e);
        }
    }
}

/// <summary>The item type of arrays, for a type whose converter also reads arrays.</summary>
/// <param name="item">The type of an item.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ItemsAttribute(Type item) : Attribute
{
    /// <summary>The type of an item.</summary>
    public Type Item { get; } = item;
}
