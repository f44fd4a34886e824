namespace Engine.Api.Answers;

/// <summary>What formats of events have in common.</summary>
internal static class EventFormats
{
    public const string ServerSentEvents = "text/event-stream";

    public const string JsonLines = "application/x-ndjson";

    /// <summary>A comment: every reader of server-sent events passes over it.</summary>
    public static ReadOnlySpan<byte> Comment => ": waiting\n\n"u8;

    /// <summary>The end of a stream of OpenAI's.</summary>
    public static ReadOnlySpan<byte> Done => "data: [DONE]\n\n"u8;
}
