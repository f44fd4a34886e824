using System.Globalization;
using System.Text.Json;

namespace Engine.Host.Api;

/// <summary>Reads the fields of a request's JSON object; a field of the wrong kind or range is refused by its name.</summary>
/// <param name="root">The object.</param>
internal sealed class JsonFields(JsonElement root)
{
    public IEnumerable<string> Names => root.EnumerateObject().Select(property => property.Name);

    /// <summary>The field; null where it is absent or null.</summary>
    public JsonElement? Find(string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public float? Number(string name, float min, float max) =>
        Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= min && number <= max ? (float)number
        : throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"), value);

    public int? Integer(string name, int min, int max) =>
        Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= min && number <= max ? number
        : throw Wrong(name, $"a whole number from {min} to {max}", value);

    public long? Long(string name) =>
        Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number
        : throw Wrong(name, "a whole number of 64 bits", value);

    public bool Flag(string name) =>
        Find(name) is not { } value ? false
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(name, "true or false", value);

    public string? Text(string name) =>
        Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? Text(name, value)
        : throw Wrong(name, "a string", value);

    /// <summary>A string's text.</summary>
    public static string Text(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, such as "\ud800", is JSON but no text.
            throw ApiException.Invalid($"Reading the field '{name}': expected text, found half a surrogate pair. Escape both halves.", name);
        }
    }

    /// <summary>What a value is, in JSON's words.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        _ => value.GetRawText(), // true, false, null
    };

    public static ApiException Wrong(string name, string expected, JsonElement found)
    {
        string text = found.GetRawText();
        return ApiException.Invalid($"Reading the field '{name}': expected {expected}, found {(text.Length <= 60 ? text : text[..60] + "…")}.", name);
    }
}
