using System.Text.Json.Serialization;
using Engine.Api.Answers;
using Engine.Chat.Tools;

namespace Engine.Api.OpenAI;

/// <summary>The answer to a chat.</summary>
/// <param name="Id">The answer's id.</param>
/// <param name="Object">Always <c>chat.completion</c>.</param>
/// <param name="Created">Unix seconds.</param>
/// <param name="Model">The model.</param>
/// <param name="Choices">The answers.</param>
/// <param name="Usage">Token usage.</param>
/// <param name="Verification">The reference's verdict on their tokens; omitted if not requested.</param>
internal sealed record ChatCompletion(
    string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices, Usage Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] GenerationVerdict? Verification);

/// <param name="Index">Index of the answer in the request, from 0.</param>
/// <param name="Message">The answer.</param>
/// <param name="Logprobs">The log-probabilities of its tokens; null if not requested.</param>
/// <param name="FinishReason"><c>stop</c>, <c>length</c> or <c>tool_calls</c>.</param>
internal sealed record ChatChoice(int Index, AnswerMessage Message, ChatLogprobs? Logprobs, string? FinishReason);

/// <param name="Role">Always <c>assistant</c>.</param>
/// <param name="Content">The text; null if the answer is only tool calls.</param>
/// <param name="Refusal">Always null.</param>
internal sealed record AnswerMessage(string Role, string? Content, string? Refusal)
{
    /// <summary>The tool calls; omitted if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AnswerToolCall>? ToolCalls { get; init; }

    /// <summary>The model's thoughts; omitted if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReasoningContent { get; init; }
}

/// <summary>A tool call.</summary>
/// <param name="Id">Its unique id.</param>
/// <param name="Function">What is called.</param>
internal sealed record AnswerToolCall(string Id, CalledFunction Function)
{
    /// <summary>In a stream: its index in the answer, from 0.</summary>
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

/// <summary>A chunk of a streamed answer. One object is reused for all chunks of a stream.</summary>
internal sealed class ChatChunk
{
    public required string Id { get; init; }

    public string Object { get; } = "chat.completion.chunk";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public ChatChunkChoice[] Choices { get; set; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; set; }

    /// <summary>The reference's verdict on the tokens of all answers; in the last chunk, if requested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GenerationVerdict? Verification { get; set; }
}

/// <summary>What a chunk adds to one answer.</summary>
internal sealed class ChatChunkChoice
{
    public int Index { get; set; }

    public ChatDelta Delta { get; } = new();

    public ChatLogprobs? Logprobs { get; set; }

    public string? FinishReason { get; set; }
}

/// <summary>What a chunk adds to a message.</summary>
internal sealed class ChatDelta
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Content { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReasoningContent { get; set; }

    /// <summary>Complete tool calls.</summary>
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
