namespace Engine.Api.Anthropic;

/// <summary>Anthropic's words for why an answer ended.</summary>
internal static class StopReasons
{
    public static string? Word(GeneratedToken? token) => token?.FinishReason switch
    {
        FinishReason.EndOfGeneration => "end_turn",
        FinishReason.Stop => "stop_sequence",
        FinishReason.MaxTokens => "max_tokens",
        FinishReason.ContextFull => "model_context_window_exceeded",
        _ => null,
    };
}
