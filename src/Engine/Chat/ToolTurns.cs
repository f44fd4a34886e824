using System.Globalization;
using System.Text.Json;
using Engine.Chat.Tools;

namespace Engine.Chat;

/// <summary>Normalizes tool calls and results, which clients write differently, so that a conversation sent back gives the same prompt again.</summary>
internal static class ToolTurns
{
    private const string ResultId = "tool_call_id";

    /// <summary>A call as chat templates expect it: in the form of OpenAI's API, with the arguments as an object.</summary>
    /// <param name="id">The call's id; null for none.</param>
    /// <param name="name">The tool's name.</param>
    /// <param name="arguments">An object, or JSON in a string, indented or not. Null, "null" and an empty string mean no arguments.</param>
    public static JsonElement Call(string? id, string name, JsonElement? arguments) => CallJson.Write(writer =>
    {
        writer.WriteStartObject();
        if (id is not null)
        {
            writer.WriteString("id", CallJson.Utf8(id));
        }
        writer.WriteString("type", "function");
        writer.WriteStartObject("function");
        writer.WriteString("name", CallJson.Utf8(name));
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

    /// <summary>Normalizes a call in the form of OpenAI's API. Anything else is returned unchanged.</summary>
    public static JsonElement Call(JsonElement call) =>
        call.ValueKind == JsonValueKind.Object && call.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object
        && function.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String
            ? Call(
                call.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null, name.GetString()!,
                function.TryGetProperty("arguments", out JsonElement arguments) ? arguments : null)
            : call;

    /// <summary>A message's field <c>tool_calls</c>.</summary>
    public static JsonElement Field(IEnumerable<JsonElement> calls) => CallJson.Write(writer =>
    {
        writer.WriteStartArray();
        foreach (JsonElement call in calls)
        {
            call.WriteTo(writer);
        }
        writer.WriteEndArray();
    });

    /// <summary>A message's field that holds a text, such as <c>tool_call_id</c> or <c>name</c>. Ill-formed UTF-16 becomes U+FFFD.</summary>
    public static JsonElement Field(string text) => CallJson.Write(writer => writer.WriteStringValue(CallJson.Utf8(text)));

    /// <summary>A tool's result as text. Some clients send a text as a quoted JSON string.</summary>
    public static string Result(string text) =>
        text is ['"', .., '"'] && CallJson.Parse(text) is { ValueKind: JsonValueKind.String } quoted ? quoted.GetString()! : text;

    /// <summary>A tool's result as text: the content of a string, or compact JSON of anything else.</summary>
    public static string Result(JsonElement json) => json.ValueKind == JsonValueKind.String ? json.GetString()! : CallJson.Compact(json);

    /// <summary>The calls of a message; empty for none.</summary>
    public static IReadOnlyList<JsonElement> CallsOf(TemplateMessage message) =>
        message.Fields.TryGetValue("tool_calls", out JsonElement calls) && calls.ValueKind == JsonValueKind.Array ? [.. calls.EnumerateArray()] : [];

    /// <summary>Whether a message is the result of a call.</summary>
    public static bool IsResultOf(TemplateMessage message, JsonElement call) =>
        message.Fields.TryGetValue(ResultId, out JsonElement id) && id.ValueKind == JsonValueKind.String && CallJson.Text(call, "id") == id.GetString();

    /// <summary>The message with call ids as Mistral's templates require them.</summary>
    public static TemplateMessage WithShortIds(TemplateMessage message)
    {
        IReadOnlyList<JsonElement> calls = CallsOf(message);
        if (calls.Count == 0 && !message.Fields.ContainsKey(ResultId))
        {
            return message;
        }
        var fields = new Dictionary<string, JsonElement>(message.Fields);
        if (calls.Count > 0)
        {
            fields["tool_calls"] = Field(calls.Select((call, i) => WithShortId(call, i)));
        }
        if (fields.TryGetValue(ResultId, out JsonElement id) && id.ValueKind == JsonValueKind.String)
        {
            fields[ResultId] = Field(ToolCallIds.Shorten(id.GetString()!));
        }
        return message with { Fields = fields };
    }

    /// <summary>A message that has tool calls and no text, with its thoughts in the field that gpt-oss' template reads.</summary>
    public static TemplateMessage WithThinking(TemplateMessage message) =>
        string.IsNullOrEmpty(message.Content) && CallsOf(message).Count > 0 && message.Fields.TryGetValue("reasoning_content", out JsonElement thought) && !message.Fields.ContainsKey("thinking")
            ? message with { Fields = new Dictionary<string, JsonElement>(message.Fields) { ["thinking"] = thought } }
            : message;

    /// <summary>The message with arguments as JSON text in Python's manner.</summary>
    public static TemplateMessage WithTexts(TemplateMessage message) => CallsOf(message) is { Count: > 0 } calls
        ? message with { Fields = new Dictionary<string, JsonElement>(message.Fields) { ["tool_calls"] = Field(calls.Select(WithText)) } }
        : message;

    /// <summary>A call with its arguments as JSON text. Anything else is returned unchanged.</summary>
    public static JsonElement WithText(JsonElement call)
    {
        if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("function", out JsonElement function) || function.ValueKind != JsonValueKind.Object
            || !function.TryGetProperty("arguments", out JsonElement arguments) || arguments.ValueKind == JsonValueKind.String)
        {
            return call;
        }
        return CallJson.Write(writer =>
        {
            writer.WriteStartObject();
            foreach (JsonProperty property in call.EnumerateObject().Where(property => !property.NameEquals("function")))
            {
                property.WriteTo(writer);
            }
            writer.WriteStartObject("function");
            foreach (JsonProperty property in function.EnumerateObject().Where(property => !property.NameEquals("arguments")))
            {
                property.WriteTo(writer);
            }
            writer.WriteString("arguments", CallJson.Utf8(ToolTexts.Json(arguments)));
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    private static JsonElement WithShortId(JsonElement call, int number)
    {
        if (call.ValueKind != JsonValueKind.Object)
        {
            return call;
        }
        string id = ToolCallIds.Shorten(CallJson.Text(call, "id") ?? number.ToString(CultureInfo.InvariantCulture));
        return CallJson.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id", id);
            foreach (JsonProperty property in call.EnumerateObject().Where(property => !property.NameEquals("id")))
            {
                property.WriteTo(writer);
            }
            writer.WriteEndObject();
        });
    }

    // Null if there are none.
    private static JsonElement? Arguments(JsonElement? arguments) => arguments switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.String } text => text.GetString() is { } json && string.IsNullOrWhiteSpace(json) ? null
            : CallJson.Parse(text.GetString()!) is { } parsed ? parsed.ValueKind == JsonValueKind.Null ? null : parsed
            : text, // what a model wrote is not necessarily JSON
        _ => arguments,
    };
}
