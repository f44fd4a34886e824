namespace Engine.Api.OpenAI;

/// <summary>OpenAI's words for why an answer ended: clients throw on any others.</summary>
internal static class FinishReasons
{
    /// <param name="token">The answer's last token.</param>
    /// <param name="calls">Whether the answer calls tools.</param>
    public static string? Word(GeneratedToken? token, bool calls = false) => token?.FinishReason switch
    {
        FinishReason.EndOfGeneration or FinishReason.Stop when calls => "tool_calls",
        FinishReason.EndOfGeneration or FinishReason.Stop => "stop",
        FinishReason.MaxTokens or FinishReason.ContextFull => "length",
        _ => null,
    };
}
