using System.Text.Json.Serialization;

namespace Engine.Api.Anthropic;

/// <summary>The first event of a streamed answer.</summary>
/// <param name="Type">Always <c>message_start</c>.</param>
/// <param name="Message">The answer, still empty.</param>
internal sealed record MessageStartEvent(string Type, AnthropicAnswer Message);

/// <summary>The beginning of a block.</summary>
/// <param name="Type">Always <c>content_block_start</c>.</param>
/// <param name="Index">Which of the answer's it is, from 0.</param>
/// <param name="ContentBlock">The block, still empty.</param>
internal sealed record BlockStartEvent(string Type, int Index, AnswerBlock ContentBlock);

/// <summary>The next part of a block. One object serves all of a stream: its parts change.</summary>
internal sealed class BlockDeltaEvent
{
    public string Type { get; } = "content_block_delta";

    /// <summary>Which of the answer's blocks it is of.</summary>
    public int Index { get; set; }

    public BlockDelta Delta { get; } = new();
}

/// <summary>The next piece of a block.</summary>
internal sealed class BlockDelta
{
    /// <summary><c>text_delta</c>, <c>thinking_delta</c> or <c>input_json_delta</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary>Of a text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; set; }

    /// <summary>Of thoughts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Thinking { get; set; }

    /// <summary>Of a call: its arguments in JSON.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PartialJson { get; set; }
}

/// <summary>The end of a block.</summary>
/// <param name="Type">Always <c>content_block_stop</c>.</param>
/// <param name="Index">Which of the answer's it is.</param>
internal sealed record BlockStopEvent(string Type, int Index);

/// <summary>Why an answer ended, and what it cost.</summary>
/// <param name="Type">Always <c>message_delta</c>.</param>
/// <param name="Delta">Why it ended.</param>
/// <param name="Usage">The counts of the whole answer.</param>
internal sealed record MessageDeltaEvent(string Type, StopDelta Delta, AnthropicUsage Usage);

/// <param name="StopReason">As in <see cref="AnthropicAnswer"/>.</param>
/// <param name="StopSequence">The text of <c>stop_sequences</c> that ended it.</param>
internal sealed record StopDelta(string? StopReason, string? StopSequence);
