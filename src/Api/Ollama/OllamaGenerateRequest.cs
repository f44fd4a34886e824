using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.Ollama;

/// <summary>The body of <c>POST /api/generate</c>.</summary>
internal sealed class OllamaGenerateRequest : OllamaRequest
{
    private static readonly string[] Known = NamesOf(OllamaJson.Api.OllamaGenerateRequest);

    /// <summary>The user's message; with <c>raw</c>, the text to continue. Without it, the model is only loaded.</summary>
    public string? Prompt { get; set; }

    /// <summary>The system prompt.</summary>
    public string? System { get; set; }

    /// <summary>Whether the prompt is used as it is, special tokens included, instead of going through the model's chat template.</summary>
    public bool? Raw { get; set; }

    /// <summary>A template of Ollama's in place of the model's; not supported.</summary>
    public string? Template { get; set; }

    /// <summary>Text after the answer; not supported.</summary>
    public string? Suffix { get; set; }

    /// <summary>Images; not supported.</summary>
    public List<JsonElement>? Images { get; set; }

    /// <summary>The tokens of an earlier answer; not supported.</summary>
    public List<int>? Context { get; set; }

    protected override IReadOnlyCollection<string> KnownNames => Known;

    public override GenerationSettings Settings()
    {
        GenerationSettings settings = base.Settings();
        Check.NotSupported("template", Template is { Length: > 0 }, "a template of Ollama's (make the prompt and set 'raw')");
        Check.NotSupported("suffix", Suffix is { Length: > 0 }, "text after the answer");
        Check.NotSupported("images", Images is { Count: > 0 }, "an answer to pictures");
        Check.NotSupported("context", Context is { Count: > 0 }, "the continuation of an earlier answer (send its messages to /api/chat)");
        Check.NotSupported("system", Raw == true && System is { Length: > 0 }, "a system text beside 'raw'");
        return settings;
    }

    /// <summary>What is asked: the text itself, or the model's chat template applied to it if there is one.</summary>
    /// <param name="name">The model's configured name.</param>
    /// <param name="model">The model.</param>
    /// <param name="settings">The form of the answer.</param>
    /// <param name="cancellationToken">Cancels the rendering.</param>
    public Asking Ask(string name, IModel model, GenerationSettings settings, CancellationToken cancellationToken)
    {
        string text = Prompt ?? "";
        if (Raw == true)
        {
            // Written by a client that applies its own template.
            return new Asking([Engine.Prompt.FromParts([new PromptPart(text, IsMarkup: true)])], settings.Constraint);
        }
        if (Thinks())
        {
            Conversations.RequireThoughts("think", name, model);
        }
        if (System is not { Length: > 0 } && !Conversations.HasTemplate(model))
        {
            return new Asking([Engine.Prompt.FromText(text)], settings.Constraint);
        }
        TemplateMessage[] system = System is { Length: > 0 } ? [new TemplateMessage("system", System)] : [];
        var conversation = new ChatTemplateInput { Messages = [.. system, new TemplateMessage("user", text)], Variables = ThinkVariables() };
        return Conversations.Ask(name, model, conversation, settings, cancellationToken);
    }
}
