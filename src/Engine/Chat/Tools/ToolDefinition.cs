using System.Text.Json;
using System.Text.Json.Nodes;

namespace Engine.Chat.Tools;

/// <summary>A function that a model may call.</summary>
/// <param name="Description">What it does; null for nothing said.</param>
/// <param name="Parameters">The JSON schema of its arguments; null if it takes none.</param>
/// <param name="IsStrict">Whether arguments must meet the schema, also where the model need not call.</param>
internal sealed record ToolDefinition(string Name, string? Description = null, JsonElement? Parameters = null, bool IsStrict = false)
{
    private static readonly JsonElement None = JsonElement.Parse("""{"type":"object","properties":{},"additionalProperties":false}""");

    /// <summary>The schema of the arguments, which are an object whatever a schema leaves open.</summary>
    public JsonElement Arguments => Parameters switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => None,
        { ValueKind: JsonValueKind.True } => AnyObject,
        { ValueKind: JsonValueKind.Object } schema when !schema.TryGetProperty("type", out _) => Typed(schema),
        { } schema => schema,
    };

    /// <summary>The schema of arguments that may be anything.</summary>
    public static JsonElement AnyObject { get; } = JsonElement.Parse("""{"type":"object"}""");

    /// <summary>The tool as chat templates expect it: the form of OpenAI's API, in which none of the fields is missing.</summary>
    public JsonElement ToJson() => CallJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("type", "function");
        writer.WriteStartObject("function");
        writer.WriteString("name", CallJson.Utf8(Name));
        writer.WriteString("description", CallJson.Utf8(Description ?? ""));
        writer.WritePropertyName("parameters");
        if (Parameters is { ValueKind: JsonValueKind.Object } parameters)
        {
            parameters.WriteTo(writer);
        }
        else
        {
            writer.WriteStartObject();
            writer.WriteString("type", "object");
            writer.WriteStartObject("properties");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    private static JsonElement Typed(JsonElement schema)
    {
        JsonObject typed = JsonObject.Create(schema)!;
        typed.Insert(0, "type", "object");
        return JsonElement.Parse(typed.ToJsonString());
    }
}
