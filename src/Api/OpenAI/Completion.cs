using System.Text.Json.Serialization;
using Engine.Api.Answers;

namespace Engine.Api.OpenAI;

/// <summary>The answer to a completion.</summary>
/// <param name="Id">Its own.</param>
/// <param name="Object">Always <c>text_completion</c>.</param>
/// <param name="Created">Unix seconds.</param>
/// <param name="Model">The model.</param>
/// <param name="Choices">The answers.</param>
/// <param name="Usage">What they cost.</param>
/// <param name="Verification">What the reference makes of their tokens; missing where that was not asked for.</param>
internal sealed record Completion(
    string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChoice> Choices, Usage Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] GenerationVerdict? Verification);

/// <param name="Text">The text.</param>
/// <param name="Index">Which of the request's answers it is, from 0: the answers to the first prompt, then those to the next.</param>
/// <param name="Logprobs">The log-probabilities of its tokens; null where they were not asked for.</param>
/// <param name="FinishReason"><c>stop</c> or <c>length</c>.</param>
internal sealed record CompletionChoice(string Text, int Index, CompletionLogprobs? Logprobs, string? FinishReason);

/// <summary>A piece of a streamed answer. One object serves all pieces of a stream: its parts change.</summary>
internal sealed class CompletionChunk
{
    public required string Id { get; init; }

    public string Object { get; } = "text_completion";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public CompletionChunkChoice[] Choices { get; set; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; set; }

    /// <summary>What the reference makes of the tokens of all answers; in the last chunk, where it was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GenerationVerdict? Verification { get; set; }
}

/// <summary>The next part of an answer.</summary>
internal sealed class CompletionChunkChoice
{
    public string Text { get; set; } = "";

    public int Index { get; set; }

    public CompletionLogprobs? Logprobs { get; set; }

    public string? FinishReason { get; set; }
}

/// <param name="Tokens">The texts of the tokens.</param>
/// <param name="TokenLogprobs">ln of each one's probability; null for the first of an echoed prompt, which nothing precedes.</param>
/// <param name="TopLogprobs">The most probable tokens of each step with ln of their probabilities.</param>
/// <param name="TextOffset">Where each token begins in the text, in UTF-16 units.</param>
internal sealed record CompletionLogprobs(
    IReadOnlyList<string> Tokens, IReadOnlyList<double?> TokenLogprobs, IReadOnlyList<IReadOnlyDictionary<string, double>?> TopLogprobs, IReadOnlyList<int> TextOffset);
