namespace Engine.Chat;

/// <summary>A conversation rendered by a chat template.</summary>
/// <param name="Parts">The text, divided into what the template wrote and what came from the input. Only what the
/// template wrote may name special tokens, so that users cannot send text that poses as the template's markup.</param>
public sealed record RenderedChat(IReadOnlyList<PromptPart> Parts)
{
    /// <summary>The whole text.</summary>
    public string Text => string.Concat(Parts.Select(part => part.Text));

    /// <summary>The prompt made of it.</summary>
    public Prompt ToPrompt() => Prompt.FromParts(Parts);
}
