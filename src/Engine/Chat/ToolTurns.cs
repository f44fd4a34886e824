using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Chat;

/// <summary>Calls of tools and their results in one form, however a client writes them: a conversation that comes back is the same prompt again.</summary>
internal static class ToolTurns
{
    /// <summary>A call as chat templates expect it: the form of OpenAI's API, with the arguments as an object.</summary>
    /// <param name="id">The call's; null for none.</param>
    /// <param name="name">The tool's.</param>
    /// <param name="arguments">An object, or JSON in a string, indented or not; null, "null" and an empty string are no arguments.</param>
    public static JsonElement Call(string? id, string name, JsonElement? arguments) => Write(writer =>
    {
        writer.WriteStartObject();
        if (id is not null)
        {
            writer.WriteString("id", Utf8(id));
        }
        writer.WriteString("type", "function");
        writer.WriteStartObject("function");
        writer.WriteString("name", Utf8(name));
        writer.WritePropertyName("arguments");
        if (Arguments(arguments) is { } values)
        {
            values.WriteTo(writer);
        }
        else
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <summary>A call of OpenAI's API in that form; what is no such call stays as it is.</summary>
    public static JsonElement Call(JsonElement call) =>
        call.ValueKind == JsonValueKind.Object && call.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object
        && function.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String
            ? Call(
                call.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null, name.GetString()!,
                function.TryGetProperty("arguments", out JsonElement arguments) ? arguments : null)
            : call;

    /// <summary>A message's field <c>tool_calls</c>.</summary>
    public static JsonElement Field(IEnumerable<JsonElement> calls) => Write(writer =>
    {
        writer.WriteStartArray();
        foreach (JsonElement call in calls)
        {
            call.WriteTo(writer);
        }
        writer.WriteEndArray();
    });

    /// <summary>A message's field that holds a text, such as <c>tool_call_id</c> or <c>name</c>. Ill-formed UTF-16 becomes U+FFFD.</summary>
    public static JsonElement Field(string text) => Write(writer => writer.WriteStringValue(Utf8(text)));

    /// <summary>A tool's result as text. Some clients write a text as JSON, in quotes.</summary>
    public static string Result(string text) =>
        text is ['"', .., '"'] && Parse(text) is { ValueKind: JsonValueKind.String } quoted ? quoted.GetString()! : text;

    /// <summary>A tool's result as text: a string is what it says, anything else compact JSON.</summary>
    public static string Result(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            return json.GetString()!;
        }
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteTo(writer);
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    // A writer of JSON throws at half of a surrogate pair.
    private static ReadOnlySpan<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    // Null for none.
    private static JsonElement? Arguments(JsonElement? arguments) => arguments switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.String } text => text.GetString() is { } json && string.IsNullOrWhiteSpace(json) ? null
            : Parse(text.GetString()!) is { } parsed ? parsed.ValueKind == JsonValueKind.Null ? null : parsed
            : text, // what a model wrote need not be JSON
        _ => arguments,
    };

    private static JsonElement? Parse(string json)
    {
        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
