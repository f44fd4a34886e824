using System.Text.Json;
using System.Text.Json.Nodes;

namespace Engine.Chat.Tools;

/// <summary>A function that a model may call.</summary>
/// <param name="Description">What it does; null for no description.</param>
/// <param name="Parameters">The JSON schema of its arguments; null if it takes none.</param>
/// <param name="IsStrict">Whether arguments must meet the schema even if the model is free not to call.</param>
internal sealed record ToolDefinition(string Name, string? Description = null, JsonElement? Parameters = null, bool IsStrict = false)
{
    private static readonly JsonElement None = JsonElement.Parse("""{"type":"object","properties":{},"additionalProperties":false}""");

    /// <summary>The schema of the arguments. They are an object even if the given schema does not say so.</summary>
    public JsonElement Arguments => Parameters switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => None,
        { ValueKind: JsonValueKind.True } => AnyObject,
        { ValueKind: JsonValueKind.Object } schema when !schema.TryGetProperty("type", out _) => Typed(schema),
        { } schema => schema,
    };

    /// <summary>The schema of arbitrary arguments.</summary>
    public static JsonElement AnyObject { get; } = JsonElement.Parse("""{"type":"object"}""");

    /// <summary>The tool as chat templates expect it: in the form of OpenAI's API, with all its fields.</summary>
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
