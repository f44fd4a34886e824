using System.Text.Json.Serialization;
using Engine.Api.Answers;

namespace Engine.Api.OpenAI;

/// <summary>The answer to a completion.</summary>
/// <param name="Id">The answer's id.</param>
/// <param name="Object">Always <c>text_completion</c>.</param>
/// <param name="Created">Unix seconds.</param>
/// <param name="Model">The model.</param>
/// <param name="Choices">The answers.</param>
/// <param name="Usage">Token usage.</param>
/// <param name="Verification">The reference's verdict on their tokens; omitted if not requested.</param>
internal sealed record Completion(
    string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChoice> Choices, Usage Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] GenerationVerdict? Verification);

/// <param name="Text">The text.</param>
/// <param name="Index">Index of the answer in the request, from 0: the answers to the first prompt, then those to the next.</param>
/// <param name="Logprobs">The log-probabilities of its tokens; null if not requested.</param>
/// <param name="FinishReason"><c>stop</c> or <c>length</c>.</param>
internal sealed record CompletionChoice(string Text, int Index, CompletionLogprobs? Logprobs, string? FinishReason);

/// <summary>A chunk of a streamed answer. One object is reused for all chunks of a stream.</summary>
internal sealed class CompletionChunk
{
    public required string Id { get; init; }

    public string Object { get; } = "text_completion";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public CompletionChunkChoice[] Choices { get; set; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; set; }

    /// <summary>The reference's verdict on the tokens of all answers; in the last chunk, if requested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GenerationVerdict? Verification { get; set; }
}

/// <summary>What a chunk adds to one answer.</summary>
internal sealed class CompletionChunkChoice
{
    public string Text { get; set; } = "";

    public int Index { get; set; }

    public CompletionLogprobs? Logprobs { get; set; }

    public string? FinishReason { get; set; }
}

/// <param name="Tokens">The texts of the tokens.</param>
/// <param name="TokenLogprobs">The log-probability of each; null for the first token of an echoed prompt.</param>
/// <param name="TopLogprobs">The most probable tokens of each step with their log-probabilities.</param>
/// <param name="TextOffset">Where each token begins in the text, in UTF-16 units.</param>
internal sealed record CompletionLogprobs(
    IReadOnlyList<string> Tokens, IReadOnlyList<double?> TokenLogprobs, IReadOnlyList<IReadOnlyDictionary<string, double>?> TopLogprobs, IReadOnlyList<int> TextOffset);
