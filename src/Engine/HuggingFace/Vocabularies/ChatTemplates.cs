using System.Text.Json;
using Engine.Gguf;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>The chat templates of a folder: chat_template.jinja, or else those of tokenizer_config.json, which are one text or several with names.</summary>
internal static class ChatTemplates
{
    private const string Default = "default";

    /// <summary>Sets the keys.</summary>
    public static void AddTo(GgufWriter writer, ModelFolder folder)
    {
        Dictionary<string, string> templates = OfConfiguration(folder);
        if (folder.ReadText("chat_template.jinja") is { } file)
        {
            templates[Default] = file;
        }
        foreach ((string name, string text) in templates.OrderBy(template => template.Key, StringComparer.Ordinal))
        {
            writer.SetMetadata(name == Default ? GgufKeys.ChatTemplate : $"{GgufKeys.ChatTemplate}.{name}", text);
        }
        string[] named = [.. templates.Keys.Where(name => name != Default).Order(StringComparer.Ordinal)];
        if (named.Length > 0)
        {
            writer.SetMetadata("tokenizer.chat_templates", named);
        }
    }

    private static Dictionary<string, string> OfConfiguration(ModelFolder folder)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        using JsonDocument? config = folder.ReadJson("tokenizer_config.json");
        if (config?.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("chat_template", out JsonElement template))
        {
            return templates;
        }
        if (template.ValueKind == JsonValueKind.String)
        {
            templates[Default] = template.GetString()!;
        }
        else if (template.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement each in template.EnumerateArray())
            {
                if (TokenizerParts.Text(each, "name") is { Length: > 0 } name && TokenizerParts.Text(each, "template") is { } text)
                {
                    templates[name] = text;
                }
            }
        }
        return templates;
    }
}
