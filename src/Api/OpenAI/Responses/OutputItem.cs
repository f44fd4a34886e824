using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Chat;
using Engine.Chat.Tools;

namespace Engine.Api.OpenAI.Responses;

/// <summary>An item of the answer: a message or a function call.</summary>
/// <param name="Id">Its id, to which later requests may refer.</param>
/// <param name="Status"><c>in_progress</c>, <c>completed</c> or <c>incomplete</c>.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(OutputMessage), "message")]
[JsonDerivedType(typeof(OutputCall), ResponseItem.CallType)]
internal abstract record OutputItem(string Id, string Status)
{
    public const string Complete = "completed";
    public const string Incomplete = "incomplete";
    public const string InProgress = "in_progress";

    /// <summary>The items of a whole answer: its message, then its function calls.</summary>
    public static IReadOnlyList<OutputItem> Of(ReadAnswer said, IReadOnlyList<TokenLogprob> logprobs, GeneratedToken? last) =>
    [
        .. said is { Text: "", Calls.Count: > 0 } ? [] : new OutputItem[] { OutputMessage.Of(OutputMessage.NewId(), new OutputText(said.Text, logprobs), last) },
        .. said.Calls.Select(OutputCall.Of),
    ];
}

/// <summary>A message of the answer.</summary>
/// <param name="Id">Its id, to which later requests may refer.</param>
/// <param name="Status"><c>in_progress</c>, <c>completed</c> or <c>incomplete</c>.</param>
/// <param name="Content">Its one part, once it exists.</param>
internal sealed record OutputMessage(string Id, string Status, IReadOnlyList<OutputText> Content) : OutputItem(Id, Status)
{
    /// <summary>Always <c>assistant</c>.</summary>
    public string Role { get; } = "assistant";

    public static string NewId() => $"msg_{Guid.NewGuid():N}";

    /// <summary>A message that has ended.</summary>
    public static OutputMessage Of(string id, OutputText text, GeneratedToken? last) => new(id, FinishReasons.Word(last) == "length" ? Incomplete : Complete, [text]);
}

/// <summary>The text of a message.</summary>
/// <param name="Text">The text.</param>
/// <param name="Logprobs">One for each token, if requested.</param>
internal sealed record OutputText(string Text, IReadOnlyList<TokenLogprob> Logprobs)
{
    /// <summary>Always <c>output_text</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "output_text";

    /// <summary>Always empty.</summary>
    public IReadOnlyList<JsonElement> Annotations { get; } = [];
}

/// <summary>A function call.</summary>
/// <param name="Id">The item's.</param>
/// <param name="Status"><c>in_progress</c> or <c>completed</c>.</param>
/// <param name="CallId">The call's id, which its result refers to.</param>
/// <param name="Name">The function.</param>
/// <param name="Arguments">An object, in JSON; <c>{}</c> for none, and empty while it is in progress.</param>
internal sealed record OutputCall(string Id, string Status, string CallId, string Name, string Arguments) : OutputItem(Id, Status)
{
    public static OutputCall Of(ToolCall call) => new($"fc_{Guid.NewGuid():N}", Complete, call.Id, call.Name, call.Arguments);
}
