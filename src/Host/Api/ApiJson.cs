using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Host.Api;

/// <summary>The bodies of answers, in OpenAI's names: the snake case of these.</summary>
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(Completion))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(Health))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Quotes and letters of all scripts stay readable: the answers are JSON and no part of a web page.</summary>
    public static ApiJson Api { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

internal sealed record ErrorBody(ErrorDetails Error);

/// <param name="Message">A sentence for the user.</param>
/// <param name="Type">OpenAI's class of error: <c>invalid_request_error</c>, <c>server_error</c>, …</param>
/// <param name="Param">The field it is about.</param>
/// <param name="Code">OpenAI's word for it.</param>
internal sealed record ErrorDetails(string Message, string Type, string? Param, string? Code);

/// <summary>An answer, or with one piece of its text a chunk of a streamed answer.</summary>
internal sealed record Completion(string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChoice> Choices)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CompletionUsage? Usage { get; init; }
}

/// <param name="Text">The text, or the next piece of it.</param>
/// <param name="Index">Which of the request's answers it is, from 0.</param>
/// <param name="Logprobs">Not supported, always null.</param>
/// <param name="FinishReason"><c>stop</c> or <c>length</c>; null until the last chunk.</param>
internal sealed record CompletionChoice(string Text, int Index, object? Logprobs, string? FinishReason);

/// <param name="PromptTokens">Tokens of the prompt, once for all answers.</param>
/// <param name="CompletionTokens">Tokens of all answers.</param>
/// <param name="TotalTokens">Their sum.</param>
/// <param name="PromptTokensDetails">What is known of the prompt's.</param>
internal sealed record CompletionUsage(int PromptTokens, int CompletionTokens, int TotalTokens, PromptTokensDetails PromptTokensDetails);

/// <param name="CachedTokens">How many of them were not evaluated again.</param>
internal sealed record PromptTokensDetails(int CachedTokens);

internal sealed record ModelList(string Object, IReadOnlyList<ListedModel> Data);

/// <param name="Id">Its name in the configuration.</param>
/// <param name="Object">Always <c>model</c>.</param>
/// <param name="Created">Unix seconds at which its file was written.</param>
/// <param name="OwnedBy">The backend.</param>
internal sealed record ListedModel(string Id, string Object, long Created, string OwnedBy);

/// <param name="Status"><c>ok</c>, <c>loading</c>, <c>failed</c> or <c>stopping</c>.</param>
/// <param name="Models">Each by its name.</param>
internal sealed record Health(string Status, IReadOnlyDictionary<string, ModelHealth> Models);

/// <param name="Status"><c>ok</c>, <c>loading</c> or <c>failed</c>.</param>
internal sealed record ModelHealth(string Status)
{
    /// <summary>Why it has failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}
