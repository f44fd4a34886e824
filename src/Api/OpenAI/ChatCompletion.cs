using System.Text.Json.Serialization;
using Engine.Api.Answers;
using Engine.Chat.Tools;

namespace Engine.Api.OpenAI;

/// <summary>The answer to a chat.</summary>
/// <param name="Id">Its own.</param>
/// <param name="Object">Always <c>chat.completion</c>.</param>
/// <param name="Created">Unix seconds.</param>
/// <param name="Model">The model.</param>
/// <param name="Choices">The answers.</param>
/// <param name="Usage">What they cost.</param>
/// <param name="Verification">What the reference makes of their tokens; missing where that was not asked for.</param>
internal sealed record ChatCompletion(
    string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices, Usage Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] GenerationVerdict? Verification);

/// <param name="Index">Which of the request's answers it is, from 0.</param>
/// <param name="Message">The answer.</param>
/// <param name="Logprobs">The log-probabilities of its tokens; null where they were not asked for.</param>
/// <param name="FinishReason"><c>stop</c>, <c>length</c> or <c>tool_calls</c>.</param>
internal sealed record ChatChoice(int Index, AnswerMessage Message, ChatLogprobs? Logprobs, string? FinishReason);

/// <param name="Role">Always <c>assistant</c>.</param>
/// <param name="Content">The text; null where tools are called and nothing is said.</param>
/// <param name="Refusal">Always null.</param>
internal sealed record AnswerMessage(string Role, string? Content, string? Refusal)
{
    /// <summary>The tools that are called; missing where none are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AnswerToolCall>? ToolCalls { get; init; }

    /// <summary>What the model thought before it answered; missing where it did not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReasoningContent { get; init; }
}

/// <summary>The call of a tool.</summary>
/// <param name="Id">Unlike that of any other call.</param>
/// <param name="Function">What is called.</param>
internal sealed record AnswerToolCall(string Id, CalledFunction Function)
{
    /// <summary>In a stream: its number in the answer, from 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonPropertyOrder(-2)]
    public int? Index { get; init; }

    /// <summary>Always <c>function</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "function";

    public static AnswerToolCall Of(ToolCall call) => new(call.Id, new CalledFunction(call.Name, call.Arguments));
}

/// <param name="Name">Its name.</param>
/// <param name="Arguments">An object, in JSON; <c>{}</c> for none.</param>
internal sealed record CalledFunction(string Name, string Arguments);

/// <summary>A piece of a streamed answer. One object serves all pieces of a stream: its parts change.</summary>
internal sealed class ChatChunk
{
    public required string Id { get; init; }

    public string Object { get; } = "chat.completion.chunk";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public ChatChunkChoice[] Choices { get; set; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; set; }

    /// <summary>What the reference makes of the tokens of all answers; in the last chunk, where it was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GenerationVerdict? Verification { get; set; }
}

/// <summary>The next part of an answer.</summary>
internal sealed class ChatChunkChoice
{
    public int Index { get; set; }

    public ChatDelta Delta { get; } = new();

    public ChatLogprobs? Logprobs { get; set; }

    public string? FinishReason { get; set; }
}

/// <summary>The next piece of a message.</summary>
internal sealed class ChatDelta
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Content { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReasoningContent { get; set; }

    /// <summary>A call, whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AnswerToolCall[]? ToolCalls { get; set; }
}

/// <param name="Content">One for each token.</param>
/// <param name="Refusal">Always null.</param>
internal sealed record ChatLogprobs(IReadOnlyList<TokenLogprob> Content, object? Refusal);

/// <param name="Token">The token's text.</param>
/// <param name="Logprob">ln of its probability.</param>
/// <param name="Bytes">The bytes of its text, which may be half a character.</param>
/// <param name="TopLogprobs">The most probable tokens of the step.</param>
internal sealed record TokenLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes, IReadOnlyList<TopLogprob> TopLogprobs);

/// <param name="Token">The token's text.</param>
/// <param name="Logprob">ln of its probability.</param>
/// <param name="Bytes">The bytes of its text.</param>
internal sealed record TopLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes);
