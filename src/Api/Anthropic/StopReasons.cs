namespace Engine.Api.Anthropic;

/// <summary>Anthropic's words for why an answer ended.</summary>
internal static class StopReasons
{
    /// <param name="token">The answer's last token.</param>
    /// <param name="calls">Whether the answer calls tools.</param>
    public static string? Word(GeneratedToken? token, bool calls = false) => token?.FinishReason switch
    {
        FinishReason.EndOfGeneration or FinishReason.Stop when calls => "tool_use",
        FinishReason.EndOfGeneration => "end_turn",
        FinishReason.Stop => "stop_sequence",
        FinishReason.MaxTokens => "max_tokens",
        FinishReason.ContextFull => "model_context_window_exceeded",
        _ => null,
    };
}
