using Engine.Api.Answers;
using Engine.Api.Requests;
using Engine.Chat;
using Engine.Chat.Tools;

namespace Engine.Api.Ollama;

/// <summary>The body of <c>POST /api/chat</c>.</summary>
internal sealed class OllamaChatRequest : OllamaRequest
{
    private static readonly string[] Known = NamesOf(OllamaJson.Api.OllamaChatRequest);

    /// <summary>The conversation, oldest message first. Without messages the model is only loaded; if the last one is the assistant's,
    /// the answer continues it.</summary>
    public List<OllamaMessage>? Messages { get; set; }

    /// <summary>Tools the model may call.</summary>
    public List<FunctionTool?>? Tools { get; set; }

    protected override IReadOnlyCollection<string> KnownNames => Known;

    public override GenerationSettings Settings() => base.Settings() with { Tools = RequestedTools.Checked(new ToolSet(RequestedTools.Each(Tools, (tool, field) => tool.Read(field)))) };

    /// <summary>What the conversation asks.</summary>
    /// <param name="conversation">What <see cref="Conversation"/> returned.</param>
    /// <param name="name">The model's configured name.</param>
    /// <param name="model">The model.</param>
    /// <param name="settings">The tools, and the form of an answer that calls none.</param>
    /// <param name="cancellationToken">Cancels the rendering.</param>
    /// <exception cref="ApiException">The model has no chat template, or no thoughts although they are requested.</exception>
    public Asking Ask(ChatTemplateInput conversation, string name, IModel model, GenerationSettings settings, CancellationToken cancellationToken)
    {
        Asking asking = Conversations.AskOn(name, model, conversation, settings, cancellationToken);
        if (Thinks())
        {
            Conversations.RequireThoughts("think", name, model);
        }
        return asking;
    }

    /// <summary>The conversation as chat templates see it; null if there is none.</summary>
    /// <exception cref="ApiException">Something in it is not supported.</exception>
    public ChatTemplateInput? Conversation() => Messages is not { Count: > 0 } ? null : new()
    {
        Messages = [.. Messages.Select((message, i) => message is null ? throw Check.Wrong($"messages[{i}]", "an object", "null") : message.Read($"messages[{i}]"))],
        Variables = ThinkVariables(),
    };
}
