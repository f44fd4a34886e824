namespace Engine.Api.Answers;

/// <summary>What the event formats have in common.</summary>
internal static class EventFormats
{
    public const string ServerSentEvents = "text/event-stream";

    public const string JsonLines = "application/x-ndjson";

    /// <summary>A comment: every reader of server-sent events ignores it.</summary>
    public static ReadOnlySpan<byte> Comment => ": waiting\n\n"u8;

    /// <summary>Ends an OpenAI stream.</summary>
    public static ReadOnlySpan<byte> Done => "data: [DONE]\n\n"u8;
}
