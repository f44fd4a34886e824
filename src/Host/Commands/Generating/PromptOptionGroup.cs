using System.CommandLine;
using Engine.Chat;

namespace Engine.Host.Commands.Generating;

/// <summary>The options that say how to read the prompt: as plain text, as text with markup, or as a chat message.</summary>
internal sealed class PromptOptionGroup
{
    public Option<bool> ParseSpecial { get; } = new("--parse-special")
    {
        Description = "Reads the text of special tokens in the prompt, such as <s>, as these tokens. Default: as plain text.",
    };

    public Option<bool> Chat { get; } = new("--chat")
    {
        Description = "Takes the prompt as what a user says, and puts it into the model's chat template.",
    };

    public Option<string?> System { get; } = new("--system") { HelpName = "TEXT", Description = "The system message of the chat; implies --chat." };

    public Option<string?> Template { get; } = ChatTemplateOption.Create("The chat's template, in place of the model's own; implies --chat.");

    /// <summary>Whether one of them is given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(ParseSpecial) || IsChat(parsed);

    /// <summary>Refuses two forms at once, before a model is loaded.</summary>
    /// <exception cref="InvalidRequestException">Two forms are given.</exception>
    public void Check(ParseResult parsed)
    {
        if (parsed.GetValue(ParseSpecial) && IsChat(parsed))
        {
            throw new InvalidRequestException("Expected one form of the prompt, found two: give one of --parse-special and --chat.");
        }
    }

    /// <summary>The prompt of a text.</summary>
    /// <exception cref="ChatTemplateException">The template cannot be rendered, or refuses the messages.</exception>
    /// <exception cref="UnsupportedRequestException">The model has no chat template.</exception>
    public Prompt Read(ParseResult parsed, string text, IModel model)
    {
        if (!IsChat(parsed))
        {
            return parsed.GetValue(ParseSpecial) ? Prompt.FromParts([new PromptPart(text, IsMarkup: true)]) : Prompt.FromText(text);
        }
        ChatTemplate template = ModelTemplates.Find(model) ?? throw new UnsupportedRequestException(
            $"Reading the chat template of {Path.GetFileName(model.Card.Path)}: expected 'tokenizer.chat_template' in its metadata, found none. "
            + $"Leave --chat and --system out, or set {Template.Name} to {NamedTemplates.Choices}.");
        var messages = new List<TemplateMessage> { new("user", text) };
        if (parsed.GetValue(System) is { } system)
        {
            messages.Insert(0, new TemplateMessage("system", system));
        }
        return template.Render(new ChatTemplateInput { Messages = messages }).ToPrompt();
    }

    private bool IsChat(ParseResult parsed) => parsed.GetValue(Chat) || parsed.GetValue(System) is not null || parsed.GetValue(Template) is not null;
}
