using System.Text.Json.Serialization;

namespace Engine.Api.Anthropic;

/// <summary>The first event of a streamed answer.</summary>
/// <param name="Type">Always <c>message_start</c>.</param>
/// <param name="Message">The answer, still empty.</param>
internal sealed record MessageStartEvent(string Type, AnthropicAnswer Message);

/// <summary>The beginning of a block.</summary>
/// <param name="Type">Always <c>content_block_start</c>.</param>
/// <param name="Index">Its index in the answer, from 0.</param>
/// <param name="ContentBlock">The block, still empty.</param>
internal sealed record BlockStartEvent(string Type, int Index, AnswerBlock ContentBlock);

/// <summary>The next part of a block. One object is reused for a whole stream.</summary>
internal sealed class BlockDeltaEvent
{
    public string Type { get; } = "content_block_delta";

    /// <summary>Index of its block in the answer.</summary>
    public int Index { get; set; }

    public BlockDelta Delta { get; } = new();
}

/// <summary>What is added to a block.</summary>
internal sealed class BlockDelta
{
    /// <summary><c>text_delta</c>, <c>thinking_delta</c> or <c>input_json_delta</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary>The next piece of a text block.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; set; }

    /// <summary>The next piece of a thinking block.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Thinking { get; set; }

    /// <summary>The next piece of a tool call's arguments, in JSON.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PartialJson { get; set; }
}

/// <summary>The end of a block.</summary>
/// <param name="Type">Always <c>content_block_stop</c>.</param>
/// <param name="Index">Its index in the answer.</param>
internal sealed record BlockStopEvent(string Type, int Index);

/// <summary>Why an answer ended, and what it cost.</summary>
/// <param name="Type">Always <c>message_delta</c>.</param>
/// <param name="Delta">Why it ended.</param>
/// <param name="Usage">The counts of the whole answer.</param>
internal sealed record MessageDeltaEvent(string Type, StopDelta Delta, AnthropicUsage Usage);

/// <param name="StopReason">As in <see cref="AnthropicAnswer"/>.</param>
/// <param name="StopSequence">The text of <c>stop_sequences</c> that ended it.</param>
internal sealed record StopDelta(string? StopReason, string? StopSequence);
