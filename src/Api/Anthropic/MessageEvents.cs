namespace Engine.Api.Anthropic;

/// <summary>The first event of a streamed answer.</summary>
/// <param name="Type">Always <c>message_start</c>.</param>
/// <param name="Message">The answer, still empty.</param>
internal sealed record MessageStartEvent(string Type, AnthropicAnswer Message);

/// <summary>What an answer goes on with. One object serves all of a stream: its text changes.</summary>
internal sealed class TextDeltaEvent
{
    public string Type { get; } = "content_block_delta";

    /// <summary>The only block there is.</summary>
    public int Index { get; }

    public TextDelta Delta { get; } = new();
}

/// <summary>The next piece of a text.</summary>
internal sealed class TextDelta
{
    public string Type { get; } = "text_delta";

    public string Text { get; set; } = "";
}

/// <summary>Why an answer ended, and what it cost.</summary>
/// <param name="Type">Always <c>message_delta</c>.</param>
/// <param name="Delta">Why it ended.</param>
/// <param name="Usage">The counts of the whole answer.</param>
internal sealed record MessageDeltaEvent(string Type, StopDelta Delta, AnthropicUsage Usage);

/// <param name="StopReason">As in <see cref="AnthropicAnswer"/>.</param>
/// <param name="StopSequence">The text of <c>stop_sequences</c> that ended it.</param>
internal sealed record StopDelta(string? StopReason, string? StopSequence);
