using Engine.Api.Answers;

namespace Engine.Api.OpenAI;

/// <param name="PromptTokens">Tokens of the prompt, once for all answers.</param>
/// <param name="CompletionTokens">Tokens of all answers.</param>
/// <param name="TotalTokens">Their sum.</param>
/// <param name="PromptTokensDetails">Details of the prompt's tokens.</param>
internal sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens, PromptTokensDetails PromptTokensDetails)
{
    public static Usage Of(TokenCounts counts) =>
        new(counts.Prompt, counts.Completion, counts.Prompt + counts.Completion, new PromptTokensDetails(counts.Cached));
}

/// <param name="CachedTokens">How many of them came from the cache.</param>
internal sealed record PromptTokensDetails(int CachedTokens);
