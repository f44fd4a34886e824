using System.Text.Json;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.Answers;

/// <summary>Makes conversations into prompts by the models' chat templates.</summary>
internal static class Conversations
{
    /// <summary>Whether conversations can become prompts of a model.</summary>
    public static bool HasTemplate(IModel model) => ModelTemplates.Find(model) is not null;

    /// <summary>The prompt of a conversation.</summary>
    /// <param name="name">The model's configured name.</param>
    /// <param name="model">The model.</param>
    /// <param name="conversation">The conversation.</param>
    /// <param name="cancellationToken">Ends the rendering.</param>
    /// <exception cref="ApiException">The model has no chat template.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public static Prompt ToPrompt(string name, IModel model, ChatTemplateInput conversation, CancellationToken cancellationToken)
    {
        ChatTemplate template = ModelTemplates.Find(model) ?? throw ApiException.Invalid(
            ModelTemplates.Missing(name, $"Engine:Models:{name}:{nameof(ModelOptions.ChatTemplate)}") + ", or send a prompt to /v1/completions.", "model");
        return template.Render(conversation, cancellationToken).ToPrompt();
    }

    /// <summary>For each answer, what tells the thoughts of the model from it; null where the model's template knows no thoughts.</summary>
    public static ReasoningReader?[] ReadersOf(RunningGeneration running)
    {
        ChatTemplate? template = ModelTemplates.Find(running.Model);
        return [.. running.Requests.Select((_, i) => ReasoningReader.For(template, running.Prompts[i / running.Settings.Answers]))];
    }

    /// <summary>Refuses to ask a model for its thoughts that has none.</summary>
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

    /// <summary>The variables by which templates are asked whether the model is to think.</summary>
    public static Dictionary<string, JsonElement> Thinking(bool thinks) => new() { ["enable_thinking"] = JsonElement.Parse(thinks ? "true" : "false") };

    /// <summary>The prompt of a conversation that may end with words of the assistant: then the answer continues them.</summary>
    /// <inheritdoc cref="ToPrompt"/>
    public static Prompt ToContinuedPrompt(string name, IModel model, ChatTemplateInput conversation, CancellationToken cancellationToken)
    {
        IReadOnlyList<TemplateMessage> messages = conversation.Messages;
        if (messages.Count == 0 || messages[^1] is not { Role: "assistant", Content: { Length: > 0 } begun, Fields.Count: 0 })
        {
            return ToPrompt(name, model, conversation, cancellationToken);
        }
        Prompt prompt = ToPrompt(name, model, conversation with { Messages = [.. messages.SkipLast(1)] }, cancellationToken);
        return Prompt.FromParts([.. prompt.Parts!, new PromptPart(begun, IsMarkup: false)]);
    }
}
