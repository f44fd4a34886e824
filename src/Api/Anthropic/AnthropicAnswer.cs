using System.Text.Json.Serialization;
using Engine.Api.Answers;

namespace Engine.Api.Anthropic;

/// <summary>The answer to a conversation; at the beginning of a stream, without its content.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type">Always <c>message</c>.</param>
/// <param name="Role">Always <c>assistant</c>.</param>
/// <param name="Model">The model.</param>
/// <param name="Content">A block of text, and before it one of thoughts where they were asked for.</param>
/// <param name="StopReason">Why it ended: <c>end_turn</c>, <c>stop_sequence</c>, <c>max_tokens</c> or <c>model_context_window_exceeded</c>.</param>
/// <param name="StopSequence">The text of <c>stop_sequences</c> that ended it.</param>
/// <param name="Usage">What it cost.</param>
internal sealed record AnthropicAnswer(
    string Id, string Type, string Role, string Model, IReadOnlyList<AnswerBlock> Content, string? StopReason, string? StopSequence, AnthropicUsage Usage)
{
    public static AnthropicAnswer Of(string id, string model, IReadOnlyList<AnswerBlock> content, GeneratedToken? last, AnthropicUsage usage) =>
        new(id, "message", "assistant", model, content, StopReasons.Word(last), last?.StopText, usage);
}

/// <summary>A part of an answer.</summary>
/// <param name="Type"><c>text</c> or <c>thinking</c>.</param>
internal sealed record AnswerBlock(string Type)
{
    /// <summary>The text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; init; }

    /// <summary>What the model thought before it answered.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Thinking { get; init; }

    /// <summary>Beside thoughts, always empty.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Signature { get; init; }

    public static AnswerBlock OfText(string text) => new("text") { Text = text };

    public static AnswerBlock OfThought(string thought) => new("thinking") { Thinking = thought, Signature = "" };
}

/// <param name="InputTokens">Tokens of the prompt that were evaluated.</param>
/// <param name="CacheCreationInputTokens">Always 0: keeping them costs nothing.</param>
/// <param name="CacheReadInputTokens">The other tokens of the prompt, which were not evaluated again.</param>
/// <param name="OutputTokens">Tokens of the answer.</param>
internal sealed record AnthropicUsage(int InputTokens, int CacheCreationInputTokens, int CacheReadInputTokens, int OutputTokens)
{
    public static AnthropicUsage Of(TokenCounts counts) => new(counts.Prompt - counts.Cached, 0, counts.Cached, counts.Completion);
}

/// <summary>The answer to a count.</summary>
/// <param name="InputTokens">Tokens of the prompt that the conversation becomes.</param>
internal sealed record TokenCount(int InputTokens);
