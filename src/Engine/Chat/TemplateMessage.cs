using System.Text.Json;
using Engine.Chat.Jinja;

namespace Engine.Chat;

/// <summary>A message of a conversation as chat templates see it.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>, or any other role the template knows.</param>
/// <param name="Content">The text; null for none, for instance in a message with tool calls.</param>
public sealed record TemplateMessage(string Role, string? Content)
{
    /// <summary>Further fields by name, such as <c>tool_calls</c>, <c>tool_call_id</c>, <c>name</c> or <c>reasoning_content</c>, in the form the
    /// template expects, which is that of OpenAI's API with arguments as an object. A field <c>content</c> replaces <see cref="Content"/>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Fields { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Reads a message from JSON, with all its fields unchanged.</summary>
    /// <exception cref="InvalidRequestException">It is not an object with a text <c>role</c>, or a text is ill-formed.</exception>
    public static TemplateMessage FromJson(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String)
        {
            throw new InvalidRequestException($"Reading a message: expected an object with a text 'role', found {json.ValueKind}. Correct the message.");
        }
        string? content = json.TryGetProperty("content", out JsonElement text) && text.ValueKind == JsonValueKind.String ? ((Text)PyJson.Read(text)).Value : null;
        var fields = new OrderedDictionary<string, JsonElement>();
        foreach (JsonProperty property in json.EnumerateObject())
        {
            fields[property.Name] = property.Value.Clone();
        }
        return new TemplateMessage(((Text)PyJson.Read(role)).Value, content) { Fields = fields };
    }
}
