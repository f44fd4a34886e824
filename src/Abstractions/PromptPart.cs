namespace Engine;

/// <summary>A stretch of a prompt's text.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsMarkup">Whether the texts of special tokens in it are these tokens: true for what a chat template itself
/// writes, false for what users send.</param>
public sealed record PromptPart(string Text, bool IsMarkup);
