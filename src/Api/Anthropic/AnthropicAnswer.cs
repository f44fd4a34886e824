using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Answers;
using Engine.Chat.Tools;

namespace Engine.Api.Anthropic;

/// <summary>The answer to a conversation; at the beginning of a stream, without its content.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type">Always <c>message</c>.</param>
/// <param name="Role">Always <c>assistant</c>.</param>
/// <param name="Model">The model.</param>
/// <param name="Content">Blocks of text and tool calls, preceded by one of thoughts if requested.</param>
/// <param name="StopReason">Why it ended: <c>end_turn</c>, <c>tool_use</c>, <c>stop_sequence</c>, <c>max_tokens</c> or <c>model_context_window_exceeded</c>.</param>
/// <param name="StopSequence">The text of <c>stop_sequences</c> that ended it.</param>
/// <param name="Usage">Token usage.</param>
internal sealed record AnthropicAnswer(
    string Id, string Type, string Role, string Model, IReadOnlyList<AnswerBlock> Content, string? StopReason, string? StopSequence, AnthropicUsage Usage)
{
    public static AnthropicAnswer Of(string id, string model, IReadOnlyList<AnswerBlock> content, GeneratedToken? last, AnthropicUsage usage) =>
        new(id, "message", "assistant", model, content, StopReasons.Word(last, content.Any(block => block.IsCall)), last?.StopText, usage);
}

/// <summary>A part of an answer.</summary>
/// <param name="Type"><c>text</c>, <c>thinking</c> or <c>tool_use</c>.</param>
internal sealed record AnswerBlock(string Type)
{
    private static readonly JsonElement NoInput = JsonElement.Parse("{}");

    /// <summary>The text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; init; }

    /// <summary>What the model thought before it answered.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Thinking { get; init; }

    /// <summary>The signature of the thoughts; always empty.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Signature { get; init; }

    /// <summary>For a tool call: its unique id.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>For a tool call: the name of the tool.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>For a tool call: the arguments, an object.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Input { get; init; }

    /// <summary>Whether it calls a tool.</summary>
    [JsonIgnore]
    public bool IsCall => Type == ContentBlock.CallType;

    /// <summary>A tool call.</summary>
    public static AnswerBlock OfCall(ToolCall call) => new(ContentBlock.CallType) { Id = call.Id, Name = call.Name, Input = JsonElement.Parse(call.Arguments) };

    /// <summary>The beginning of a tool call in a stream: clients assemble the arguments from deltas.</summary>
    public static AnswerBlock BeginCall(ToolCall call) => new(ContentBlock.CallType) { Id = call.Id, Name = call.Name, Input = NoInput };

    public static AnswerBlock OfText(string text) => new("text") { Text = text };

    public static AnswerBlock OfThought(string thought) => new("thinking") { Thinking = thought, Signature = "" };
}

/// <param name="InputTokens">Tokens of the prompt that were evaluated.</param>
/// <param name="CacheCreationInputTokens">Always 0: writing to the cache costs nothing.</param>
/// <param name="CacheReadInputTokens">The other tokens of the prompt, which came from the cache.</param>
/// <param name="OutputTokens">Tokens of the answer.</param>
internal sealed record AnthropicUsage(int InputTokens, int CacheCreationInputTokens, int CacheReadInputTokens, int OutputTokens)
{
    public static AnthropicUsage Of(TokenCounts counts) => new(counts.Prompt - counts.Cached, 0, counts.Cached, counts.Completion);
}

/// <summary>The result of counting tokens.</summary>
/// <param name="InputTokens">Tokens of the conversation's prompt.</param>
internal sealed record TokenCount(int InputTokens);
