using System.Text.Json;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.Answers;

/// <summary>Turns conversations into prompts through the models' chat templates.</summary>
internal static class Conversations
{
    /// <summary>Whether conversations can become prompts of a model.</summary>
    public static bool HasTemplate(IModel model) => ModelTemplates.Find(model) is not null;

    /// <summary>What a conversation asks of a model.</summary>
    /// <param name="name">The model's configured name.</param>
    /// <param name="model">The model.</param>
    /// <param name="conversation">The conversation.</param>
    /// <param name="settings">The tools, and the form of an answer that calls none.</param>
    /// <param name="cancellationToken">Cancels the rendering.</param>
    /// <exception cref="ApiException">The model has no chat template.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public static Asking Ask(string name, IModel model, ChatTemplateInput conversation, GenerationSettings settings, CancellationToken cancellationToken)
    {
        ChatTemplate template = ModelTemplates.Find(model) ?? throw ApiException.Invalid(
            ModelTemplates.Missing(name, $"Engine:Models:{name}:{nameof(ModelOptions.ChatTemplate)}") + ", or send a prompt to /v1/completions.", "model");
        var chat = new TemplatedChat(template, settings.Tools);
        Prompt prompt = chat.Render(conversation, cancellationToken);
        return new Asking([prompt], chat.Constrain(prompt, settings.Constraint), chat);
    }

    /// <summary>Refuses a request for thoughts from a model that has none.</summary>
    /// <param name="field">The field that asks for them.</param>
    /// <param name="name">The model's configured name.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="ApiException">The model's template knows no thoughts.</exception>
    public static void RequireThoughts(string field, string name, IModel model)
    {
        if (!ReasoningReader.Knows(ModelTemplates.Find(model)))
        {
            throw ApiException.Invalid(
                $"Reading the field '{field}': expected a model that thinks before it answers, found no <think> in the chat template of '{name}'. Leave the field out, or take another model.", field);
        }
    }

    /// <summary>The template variables that turn thinking on or off.</summary>
    public static Dictionary<string, JsonElement> Thinking(bool thinks) => new() { ["enable_thinking"] = JsonElement.Parse(thinks ? "true" : "false") };

    /// <summary>The same for a conversation that may end with a message of the assistant, which the answer then continues.</summary>
    /// <inheritdoc cref="Ask"/>
    public static Asking AskOn(string name, IModel model, ChatTemplateInput conversation, GenerationSettings settings, CancellationToken cancellationToken)
    {
        IReadOnlyList<TemplateMessage> messages = conversation.Messages;
        if (messages.Count == 0 || messages[^1] is not { Role: "assistant", Content: { Length: > 0 } begun, Fields.Count: 0 })
        {
            return Ask(name, model, conversation, settings, cancellationToken);
        }
        Asking asking = Ask(name, model, conversation with { Messages = [.. messages.SkipLast(1)] }, settings, cancellationToken);
        return asking with { Prompts = [Prompt.FromParts([.. asking.Prompts[0].Parts!, new PromptPart(begun, IsMarkup: false)])] };
    }
}
