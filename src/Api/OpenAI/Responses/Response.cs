using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Answers;
using Engine.Chat.Tools;

namespace Engine.Api.OpenAI.Responses;

/// <summary>The answer to a request, or as much of it as there is so far.</summary>
internal sealed record Response
{
    /// <summary>The answer's id.</summary>
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

    /// <summary>The maximum number of tokens of the answer; null for as many as the context holds.</summary>
    public required int? MaxOutputTokens { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Messages and function calls, as far as they exist.</summary>
    public IReadOnlyList<OutputItem> Output { get; init; } = [];

    /// <summary>Whether an answer may contain several calls.</summary>
    public required bool ParallelToolCalls { get; init; }

    /// <summary>Always null.</summary>
    public string? PreviousResponseId { get; }

    /// <summary>Always false: an answer cannot be retrieved later.</summary>
    public bool Store { get; }

    /// <summary>What the logits were divided by.</summary>
    public required float? Temperature { get; init; }

    /// <summary>The form of the answer.</summary>
    public required TextForm Text { get; init; }

    /// <summary>Which tools may or must be called.</summary>
    public required ToolChoice ToolChoice { get; init; }

    /// <summary>The request's.</summary>
    public required IReadOnlyList<ResponseTool?> Tools { get; init; }

    /// <summary>The cumulative probability of the tokens drawn from.</summary>
    public required float? TopP { get; init; }

    /// <summary>Always <c>disabled</c>: input that does not fit is refused.</summary>
    public string Truncation { get; } = "disabled";

    /// <summary>Token usage, once the answer is complete.</summary>
    public ResponseUsage? Usage { get; init; }

    /// <summary>The request's.</summary>
    public required string? User { get; init; }

    /// <summary>The request's.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Metadata { get; init; }

    /// <summary>The reference's verdict on its tokens; omitted if not requested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GenerationVerdict? Verification { get; init; }

    /// <summary>A response that has begun.</summary>
    public static Response Begin(RunningGenerations running, ResponseRequest request) => new()
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
        ToolChoice = request.ToolChoice ?? new ToolChoice(ToolMode.Auto),
        Tools = request.Tools ?? [],
        ParallelToolCalls = request.ParallelToolCalls ?? true,
        User = request.User,
        Metadata = request.Metadata ?? [],
    };

    /// <summary>The same response once it has ended.</summary>
    /// <param name="items">The answer.</param>
    /// <param name="last">The answer's last token; null if there is none.</param>
    /// <param name="verification">The verification of its tokens; null if not requested.</param>
    public Response End(IReadOnlyList<OutputItem> items, GeneratedToken? last, GenerationVerification? verification) => this with
    {
        Status = FinishReasons.Word(last) == "length" ? OutputItem.Incomplete : OutputItem.Complete,
        IncompleteDetails = FinishReasons.Word(last) == "length" ? new IncompleteDetails("max_output_tokens") : null,
        Output = items,
        Usage = ResponseUsage.Of(TokenCounts.Of([last])),
        Verification = verification?.Verdict,
    };
}

/// <param name="Code">An error code.</param>
/// <param name="Message">A message for the user.</param>
internal sealed record ResponseError(string Code, string Message);

/// <param name="Reason"><c>max_output_tokens</c>: as many as were requested, or as the context holds.</param>
internal sealed record IncompleteDetails(string Reason);

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

/// <param name="CachedTokens">How many of the prompt's tokens came from the cache.</param>
internal sealed record InputTokensDetails(int CachedTokens);

/// <param name="ReasoningTokens">Always 0.</param>
internal sealed record OutputTokensDetails(int ReasoningTokens);
