using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Chat.Tools;

/// <summary>Reads the JSON of calls and results from answers, and writes it for clients and templates.</summary>
internal static class CallJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A text as a JSON string, with letters unescaped.</summary>
    public static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>JSON without blanks, with letters unescaped.</summary>
    public static string Compact(JsonElement json)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteTo(writer);
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Parses JSON; null if it is not well-formed.</summary>
    public static JsonElement? Parse(ReadOnlySpan<char> json)
    {
        try
        {
            return JsonElement.Parse(json);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The arguments of a call: an object, or one in a string. Missing, null and empty arguments mean none. Null if they are anything else.</summary>
    public static string? Arguments(JsonElement? arguments)
    {
        try
        {
            return arguments switch
            {
                null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => "{}",
                { ValueKind: JsonValueKind.Object } values => Compact(values),
                { ValueKind: JsonValueKind.String } text when string.IsNullOrWhiteSpace(text.GetString()) => "{}",
                { ValueKind: JsonValueKind.String } text => Parse(text.GetString()) is { ValueKind: JsonValueKind.Object or JsonValueKind.Null } values ? Arguments(values) : null,
                _ => null,
            };
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            return null; // half of a surrogate pair, escaped
        }
    }

    /// <summary>A text property of an object; null if it has none of that name.</summary>
    public static string? Text(JsonElement json, string name)
    {
        try
        {
            return json.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half of a surrogate pair, escaped
        }
    }

    public static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>A text as UTF-8. Half a surrogate pair, at which a JSON writer throws, becomes U+FFFD.</summary>
    public static ReadOnlySpan<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
