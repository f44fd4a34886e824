using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.Ollama;

/// <summary>The body of <c>POST /api/chat</c>.</summary>
internal sealed class OllamaChatRequest : OllamaRequest
{
    private static readonly string[] Known = NamesOf(OllamaJson.Api.OllamaChatRequest);

    /// <summary>The conversation, oldest message first. Without messages the model is only loaded; where it ends with one of the assistant's,
    /// the answer continues that.</summary>
    public List<OllamaMessage>? Messages { get; set; }

    /// <summary>Tools the model may call; none yet.</summary>
    public List<JsonElement>? Tools { get; set; }

    protected override IReadOnlyCollection<string> KnownNames => Known;

    public override GenerationSettings Settings()
    {
        GenerationSettings settings = base.Settings();
        Check.NotSupported("tools", Tools is { Count: > 0 }, "a choice of tools");
        return settings;
    }

    /// <summary>The prompt of the conversation.</summary>
    /// <param name="conversation">What <see cref="Conversation"/> returned.</param>
    /// <param name="name">The model's configured name.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Ends the rendering.</param>
    /// <exception cref="ApiException">The model has no chat template, or no thoughts where they are asked for.</exception>
    public Prompt ToPrompt(ChatTemplateInput conversation, string name, IModel model, CancellationToken cancellationToken)
    {
        Prompt prompt = Conversations.ToContinuedPrompt(name, model, conversation, cancellationToken);
        if (Thinks())
        {
            Conversations.RequireThoughts("think", name, model);
        }
        return prompt;
    }

    /// <summary>The conversation as chat templates see it; null where there is none.</summary>
    /// <exception cref="ApiException">Something in it is not supported.</exception>
    public ChatTemplateInput? Conversation() => Messages is not { Count: > 0 } ? null : new()
    {
        Messages = [.. Messages.Select((message, i) => message is null ? throw Check.Wrong($"messages[{i}]", "an object", "null") : message.Read($"messages[{i}]"))],
        Variables = ThinkVariables(),
    };
}
