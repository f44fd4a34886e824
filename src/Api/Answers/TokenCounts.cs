namespace Engine.Api.Answers;

/// <summary>The token usage of an answer.</summary>
/// <param name="Prompt">Tokens of the prompt, once for all answers to it.</param>
/// <param name="Completion">Tokens of all answers.</param>
/// <param name="Cached">How many of the prompt's tokens came from the cache for the first answer.</param>
internal readonly record struct TokenCounts(int Prompt, int Completion, int Cached)
{
    /// <summary>The counts of answers to one prompt.</summary>
    /// <param name="last">The last token of each; null if there is none.</param>
    public static TokenCounts Of(IEnumerable<GeneratedToken?> last)
    {
        var counts = new TokenCounts(0, 0, int.MaxValue);
        foreach (GeneratedToken token in last.OfType<GeneratedToken>())
        {
            counts = new TokenCounts(Math.Max(counts.Prompt, token.PromptTokens), counts.Completion + token.Index + 1, Math.Min(counts.Cached, token.CachedTokens));
        }
        return counts with { Cached = counts.Cached == int.MaxValue ? 0 : counts.Cached };
    }

    /// <summary>The counts of answers to several prompts.</summary>
    /// <param name="last">The last token of each: of the answers to the first prompt, then of those to the next.</param>
    /// <param name="perPrompt">Answers to each prompt.</param>
    public static TokenCounts OfPrompts(IEnumerable<GeneratedToken?> last, int perPrompt) =>
        last.Chunk(perPrompt).Aggregate(default(TokenCounts), (sum, answers) => sum + Of(answers));

    public static TokenCounts operator +(TokenCounts a, TokenCounts b) => new(a.Prompt + b.Prompt, a.Completion + b.Completion, a.Cached + b.Cached);
}
