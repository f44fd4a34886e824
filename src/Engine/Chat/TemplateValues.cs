using System.Text.Json;
using Engine.Chat.Jinja;

namespace Engine.Chat;

/// <summary>Converts messages and tools to values of the template language. All their text is marked as foreign to the template.</summary>
internal static class TemplateValues
{
    public static object Of(TemplateMessage message)
    {
        var mapping = new Mapping();
        if (!message.Fields.ContainsKey("role"))
        {
            mapping[Text.Own("role")] = Text.Of(message.Role, isForeign: true);
            mapping[Text.Own("content")] = message.Content is null ? None.Value : Text.Of(message.Content, isForeign: true);
        }
        foreach ((string name, JsonElement value) in message.Fields)
        {
            mapping[Text.Of(name, isForeign: true)] = PyJson.Read(value);
        }
        return mapping;
    }

    public static object Of(IReadOnlyList<JsonElement>? documents) => documents is null ? None.Value : documents.Select(PyJson.Read).ToList();
}
