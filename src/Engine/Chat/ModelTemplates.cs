using System.Runtime.CompilerServices;

namespace Engine.Chat;

/// <summary>The chat templates of loaded models, each read once.</summary>
internal static class ModelTemplates
{
    /// <summary>The name of a second template, for conversations with tools, that some models have (Hermes 2 Pro, Command R).</summary>
    private const string ToolUse = "tool_use";

    private static readonly ConditionalWeakTable<ModelCard, ChatTemplate> Known = [];

    /// <summary>The template that turns a model's conversations into prompts; null if it has none.</summary>
    /// <exception cref="ChatTemplateException">It is not a well-formed template.</exception>
    public static ChatTemplate? Find(IModel model)
    {
        ModelCard card = model.Card;
        if (Known.TryGetValue(card, out ChatTemplate? known))
        {
            return known;
        }
        ChatTemplate? template = ChatTemplate.FromModel(model);
        if (template?.KnowsTools == false)
        {
            template.ForTools = ChatTemplate.FromModel(model, ToolUse);
        }
        return template is null ? null : Known.GetValue(card, _ => template);
    }

    /// <summary>The message that a model has no template, and what to do. It lacks the full stop, so that the caller can add its own option.</summary>
    /// <param name="model">The name the user knows the model by.</param>
    /// <param name="setting">Where the user can set one, such as <c>Engine:Models:default:ChatTemplate</c>.</param>
    public static string Missing(string model, string setting) =>
        $"Answering a chat with '{model}': expected a chat template in its file, found none. Set {setting} to {NamedTemplates.Choices}";
}
