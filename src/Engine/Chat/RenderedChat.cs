namespace Engine.Chat;

/// <summary>What a chat template makes of a conversation.</summary>
/// <param name="Parts">The text, cut where it changes between what the template writes and what came in with the input. Only the
/// former may name special tokens: what users send cannot pose as the template's markup.</param>
public sealed record RenderedChat(IReadOnlyList<PromptPart> Parts)
{
    /// <summary>The whole text.</summary>
    public string Text => string.Concat(Parts.Select(part => part.Text));

    /// <summary>A prompt of it.</summary>
    public Prompt ToPrompt() => Prompt.FromParts(Parts);
}
