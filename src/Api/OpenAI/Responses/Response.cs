using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Answers;

namespace Engine.Api.OpenAI.Responses;

/// <summary>The answer to a request, or what is there of it yet.</summary>
internal sealed record Response
{
    /// <summary>Its own.</summary>
    public required string Id { get; init; }

    /// <summary>Always <c>response</c>.</summary>
    public string Object { get; } = "response";

    /// <summary>Unix seconds.</summary>
    public required long CreatedAt { get; init; }

    /// <summary><c>in_progress</c>, <c>completed</c>, <c>incomplete</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Why it has failed.</summary>
    public ResponseError? Error { get; init; }

    /// <summary>Why it is incomplete.</summary>
    public IncompleteDetails? IncompleteDetails { get; init; }

    /// <summary>The request's.</summary>
    public required string? Instructions { get; init; }

    /// <summary>Tokens at the most; null for as many as the context holds.</summary>
    public required int? MaxOutputTokens { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>One message, once it is there.</summary>
    public IReadOnlyList<OutputMessage> Output { get; init; } = [];

    /// <summary>Always true.</summary>
    public bool ParallelToolCalls { get; } = true;

    /// <summary>Always null.</summary>
    public string? PreviousResponseId { get; }

    /// <summary>Always false: an answer cannot be asked for again.</summary>
    public bool Store { get; }

    /// <summary>What the logits were divided by.</summary>
    public required float? Temperature { get; init; }

    /// <summary>The form of the answer.</summary>
    public required TextForm Text { get; init; }

    /// <summary>Always <c>auto</c>.</summary>
    public string ToolChoice { get; } = "auto";

    /// <summary>Always empty.</summary>
    public IReadOnlyList<JsonElement> Tools { get; } = [];

    /// <summary>The probability that the tokens drawn from reach.</summary>
    public required float? TopP { get; init; }

    /// <summary>Always <c>disabled</c>: what does not fit is refused.</summary>
    public string Truncation { get; } = "disabled";

    /// <summary>What it cost, once it is complete.</summary>
    public ResponseUsage? Usage { get; init; }

    /// <summary>The request's.</summary>
    public required string? User { get; init; }

    /// <summary>The request's.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Metadata { get; init; }

    /// <summary>What the reference makes of its tokens; missing where that was not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GenerationVerdict? Verification { get; init; }

    /// <summary>A response that has begun.</summary>
    public static Response Begin(RunningGeneration running, ResponseRequest request) => new()
    {
        Id = $"resp_{Guid.NewGuid():N}",
        CreatedAt = running.Started.ToUnixTimeSeconds(),
        Status = "in_progress",
        Instructions = request.Instructions,
        MaxOutputTokens = running.Settings.MaxTokens,
        Model = running.Name,
        Temperature = running.Requests[0].Sampling.Temperature,
        TopP = running.Requests[0].Sampling.TopP,
        Text = new TextForm { Format = request.Text?.Format is { Type: not null } format ? format : new TextFormat { Type = "text" } },
        User = request.User,
        Metadata = request.Metadata ?? [],
    };

    /// <summary>The same at its end.</summary>
    /// <param name="message">The answer.</param>
    /// <param name="last">The answer's last token; null where there is none.</param>
    /// <param name="verification">Of its tokens; null where that was not asked for.</param>
    public Response End(OutputMessage message, GeneratedToken? last, GenerationVerification? verification) => this with
    {
        Status = message.Status,
        IncompleteDetails = message.Status == OutputMessage.Incomplete ? new IncompleteDetails("max_output_tokens") : null,
        Output = [message],
        Usage = ResponseUsage.Of(TokenCounts.Of([last])),
        Verification = verification?.Verdict,
    };
}

/// <param name="Code">A word for programs.</param>
/// <param name="Message">A sentence for the user.</param>
internal sealed record ResponseError(string Code, string Message);

/// <param name="Reason"><c>max_output_tokens</c>: as many as were asked for, or as the context holds.</param>
internal sealed record IncompleteDetails(string Reason);

/// <summary>A message of the answer.</summary>
/// <param name="Id">Its id, to which later requests may refer.</param>
/// <param name="Status"><c>in_progress</c>, <c>completed</c> or <c>incomplete</c>.</param>
/// <param name="Content">Its one part, once it is there.</param>
internal sealed record OutputMessage(string Id, string Status, IReadOnlyList<OutputText> Content)
{
    public const string Complete = "completed";
    public const string Incomplete = "incomplete";
    public const string InProgress = "in_progress";

    /// <summary>Always <c>message</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "message";

    /// <summary>Always <c>assistant</c>.</summary>
    public string Role { get; } = "assistant";

    public static string NewId() => $"msg_{Guid.NewGuid():N}";

    /// <summary>A message that has ended.</summary>
    public static OutputMessage Of(string id, OutputText text, GeneratedToken? last) => new(id, FinishReasons.Word(last) == "length" ? Incomplete : Complete, [text]);
}

/// <summary>The text of a message.</summary>
/// <param name="Text">The text.</param>
/// <param name="Logprobs">One for each token, where they were asked for.</param>
internal sealed record OutputText(string Text, IReadOnlyList<TokenLogprob> Logprobs)
{
    /// <summary>Always <c>output_text</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "output_text";

    /// <summary>Always empty.</summary>
    public IReadOnlyList<JsonElement> Annotations { get; } = [];
}

/// <param name="InputTokens">Tokens of the prompt.</param>
/// <param name="InputTokensDetails">What is known of them.</param>
/// <param name="OutputTokens">Tokens of the answer.</param>
/// <param name="OutputTokensDetails">What is known of them.</param>
/// <param name="TotalTokens">Their sum.</param>
internal sealed record ResponseUsage(
    int InputTokens, InputTokensDetails InputTokensDetails, int OutputTokens, OutputTokensDetails OutputTokensDetails, int TotalTokens)
{
    public static ResponseUsage Of(TokenCounts counts) =>
        new(counts.Prompt, new InputTokensDetails(counts.Cached), counts.Completion, new OutputTokensDetails(0), counts.Prompt + counts.Completion);
}

/// <param name="CachedTokens">How many of the prompt's tokens were not evaluated again.</param>
internal sealed record InputTokensDetails(int CachedTokens);

/// <param name="ReasoningTokens">Always 0.</param>
internal sealed record OutputTokensDetails(int ReasoningTokens);
