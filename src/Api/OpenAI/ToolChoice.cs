using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;
using Engine.Chat.Tools;

namespace Engine.Api.OpenAI;

/// <summary>Which tools may or must be called: <c>auto</c>, <c>none</c>, <c>required</c>, one by its name, or some of them.</summary>
/// <param name="Mode">Whether a tool must be called.</param>
/// <param name="Named">The one to call; null for any.</param>
/// <param name="Allowed">Those that may be called; null for all.</param>
[JsonConverter(typeof(Converter))]
[JsonSchemaText("""{"anyOf": [{"type": "string", "enum": ["auto", "none", "required"]}, {"type": "object", "properties": {"type": {"type": "string", "enum": ["function", "allowed_tools"]}, "function": {"type": "object", "properties": {"name": {"type": "string"}}}}, "required": ["type"]}, {"type": "null"}]}""")]
internal sealed record ToolChoice(ToolMode Mode, string? Named = null, IReadOnlyList<string>? Allowed = null)
{
    private const string Expected = "expected 'auto', 'none', 'required', or an object of type 'function' or 'allowed_tools'";

    /// <summary>The tools of a request.</summary>
    /// <param name="tools">All of them.</param>
    /// <param name="choice">Which may be called; null leaves it to the model.</param>
    /// <param name="parallel">Whether an answer may contain several calls; null for yes.</param>
    /// <exception cref="ApiException">The tools or the choice are invalid.</exception>
    public static ToolSet? Of(IReadOnlyList<ToolDefinition> tools, ToolChoice? choice, bool? parallel)
    {
        if (choice?.Allowed?.FirstOrDefault(name => tools.All(tool => tool.Name != name)) is { } missing)
        {
            throw Check.Wrong("tool_choice", $"the tool '{missing}' among the tools", tools.Count == 0 ? "none" : string.Join(", ", tools.Select(tool => $"'{tool.Name}'")));
        }
        return RequestedTools.Checked(new ToolSet(choice?.Allowed is { } allowed ? [.. tools.Where(tool => allowed.Contains(tool.Name))] : tools)
        {
            Mode = choice?.Mode ?? ToolMode.Auto,
            Named = choice?.Named,
            AllowsParallel = parallel ?? true,
        });
    }

    internal sealed class Converter : JsonConverter<ToolChoice>
    {
        public override ToolChoice Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            JsonElement choice = JsonElement.ParseValue(ref reader);
            if (choice.ValueKind == JsonValueKind.String)
            {
                return new ToolChoice(Mode(choice.GetString()));
            }
            // /v1/responses puts the fields of the inner object into the outer one.
            switch (TextOf(choice, "type"))
            {
                case "function":
                    return new ToolChoice(ToolMode.Required, NameOf(choice) ?? throw new JsonException("expected the name of a function"));
                case "allowed_tools":
                    JsonElement inner = choice.TryGetProperty("allowed_tools", out JsonElement nested) && nested.ValueKind == JsonValueKind.Object ? nested : choice;
                    return new ToolChoice(Mode(TextOf(inner, "mode")), Allowed: inner.TryGetProperty("tools", out JsonElement tools) && tools.ValueKind == JsonValueKind.Array
                        ? [.. tools.EnumerateArray().Select(tool => NameOf(tool) ?? throw new JsonException("expected functions with their names as the allowed tools"))]
                        : throw new JsonException("expected the allowed tools as an array"));
                default:
                    throw new JsonException(Expected);
            }
        }

        public override void Write(Utf8JsonWriter writer, ToolChoice value, JsonSerializerOptions options)
        {
            if (value.Named is null)
            {
                writer.WriteStringValue(value.Mode switch { ToolMode.None => "none", ToolMode.Required => "required", _ => "auto" });
                return;
            }
            writer.WriteStartObject();
            writer.WriteString("type", "function");
            writer.WriteString("name", value.Named);
            writer.WriteEndObject();
        }

        private static ToolMode Mode(string? word) => word switch
        {
            "auto" => ToolMode.Auto,
            "none" => ToolMode.None,
            "required" => ToolMode.Required,
            _ => throw new JsonException(Expected),
        };

        private static string? NameOf(JsonElement choice) => TextOf(choice, "name")
            ?? (choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("function", out JsonElement function) ? TextOf(function, "name") : null);

        private static string? TextOf(JsonElement json, string name) =>
            json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
    }
}
