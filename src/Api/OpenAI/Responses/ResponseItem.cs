using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.OpenAI.Responses;

/// <summary>An item of a conversation.</summary>
internal sealed class ResponseItem
{
    public const string CallType = "function_call";
    public const string ResultType = "function_call_output";

    /// <summary><c>message</c> (the default), <c>function_call</c>, <c>function_call_output</c> or <c>item_reference</c>.</summary>
    public string? Type { get; set; }

    /// <summary>For a message: who speaks.</summary>
    public string? Role { get; set; }

    /// <summary>For a message: what is said.</summary>
    public MessageContent? Content { get; set; }

    /// <summary>For a call: the name of the function.</summary>
    public string? Name { get; set; }

    /// <summary>For a call: its arguments, a JSON object.</summary>
    public string? Arguments { get; set; }

    /// <summary>For a call and its result: the id of the call.</summary>
    public string? CallId { get; set; }

    /// <summary>For a result: what the function returned.</summary>
    public MessageContent? Output { get; set; }

    /// <summary>For a reference: the id of the answer it stands for; otherwise ignored.</summary>
    public string? Id { get; set; }

    /// <summary>Unknown fields; ignored.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The call, as chat templates see it.</summary>
    /// <param name="field">Its path in the request, such as <c>input[0]</c>.</param>
    /// <exception cref="ApiException">It names no function.</exception>
    public JsonElement ReadCall(string field) =>
        ToolTurns.Call(CallId, Name ?? throw Check.Wrong($"{field}.name", "a string", "none"), Arguments is null ? null : ToolTurns.Field(Arguments));

    /// <summary>The message as chat templates see it; null for an item that says nothing to them.</summary>
    /// <param name="field">Its path in the request, such as <c>input[0]</c>.</param>
    /// <param name="recent">Answers that a reference may stand for.</param>
    /// <exception cref="ApiException">The item is not supported.</exception>
    public TemplateMessage? Read(string field, RecentAnswers recent) => Type switch
    {
        null or "message" => new ChatMessage { Role = Role, Content = Content }.Read(field),
        ResultType => new ChatMessage { Role = "tool", Content = Output ?? new MessageContent(""), ToolCallId = CallId ?? throw Check.Wrong($"{field}.call_id", "a string", "none") }.Read(field),
        "item_reference" => new TemplateMessage("assistant", recent.Find(Id ?? "") ?? throw Check.Wrong(
            field, "a reference to one of the last answers", $"'{Id}', which is not kept here (any more): send the message itself")),
        "reasoning" => null,
        _ => throw Check.Wrong($"{field}.type", $"'message', '{CallType}', '{ResultType}' or 'item_reference'", $"'{Type}'"),
    };
}
