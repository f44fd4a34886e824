namespace Engine.Api.OpenAI;

/// <summary>OpenAI's words for why an answer ended: clients throw at any others.</summary>
internal static class FinishReasons
{
    public static string? Word(GeneratedToken? token) => token?.FinishReason switch
    {
        FinishReason.EndOfGeneration or FinishReason.Stop => "stop",
        FinishReason.MaxTokens or FinishReason.ContextFull => "length",
        _ => null,
    };
}
