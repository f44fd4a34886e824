using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;
using Engine.Chat;
using Engine.Chat.Tools;

namespace Engine.Api.Ollama;

/// <summary>A message of a chat.</summary>
internal sealed class OllamaMessage
{
    /// <summary>Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</summary>
    public string? Role { get; set; }

    /// <summary>What is said.</summary>
    public string? Content { get; set; }

    /// <summary>The assistant's thoughts before it answered.</summary>
    public string? Thinking { get; set; }

    /// <summary>Images; not supported.</summary>
    public List<JsonElement>? Images { get; set; }

    /// <summary>The tool calls of an assistant's message.</summary>
    public List<OllamaToolCall>? ToolCalls { get; set; }

    /// <summary>The tool whose result this is, in a tool's message.</summary>
    public string? ToolName { get; set; }

    /// <summary>The call whose result this is, in a tool's message.</summary>
    public string? ToolCallId { get; set; }

    /// <summary>Unknown fields; ignored.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The message as chat templates see it.</summary>
    /// <param name="field">Its path in the request, such as <c>messages[0]</c>.</param>
    /// <exception cref="ApiException">The role is unknown, or something is not supported.</exception>
    public TemplateMessage Read(string field)
    {
        string role = Role is "system" or "user" or "assistant" or "tool" ? Role
            : throw Check.Wrong($"{field}.role", "system, user, assistant or tool", Role is null ? "none" : $"'{Role}'");
        Check.NotSupported($"{field}.images", Images is { Count: > 0 }, "an answer to pictures");
        var fields = new Dictionary<string, JsonElement>();
        if (ToolCalls is { Count: > 0 })
        {
            fields["tool_calls"] = ToolTurns.Field(ToolCalls.Select((call, i) => call is null ? throw Check.Wrong($"{field}.tool_calls[{i}]", "an object", "null") : call.Read($"{field}.tool_calls[{i}]")));
        }
        if (Thinking is { Length: > 0 })
        {
            fields["reasoning_content"] = ToolTurns.Field(Thinking);
        }
        if (ToolName is { Length: > 0 })
        {
            fields["name"] = ToolTurns.Field(ToolName);
        }
        if (ToolCallId is { Length: > 0 })
        {
            fields["tool_call_id"] = ToolTurns.Field(ToolCallId);
        }
        string text = Content ?? "";
        return new TemplateMessage(role, role == "tool" ? Result(text) : text.Length == 0 && ToolCalls is { Count: > 0 } ? null : text) { Fields = fields };
    }

    /// <summary>A tool's result, which OllamaSharp wraps in an object.</summary>
    private static string Result(string text) =>
        text.StartsWith("{\"CallId\":", StringComparison.Ordinal) && CallJson.Parse(text) is { ValueKind: JsonValueKind.Object } wrapped
        && wrapped.GetPropertyCount() == 2 && wrapped.TryGetProperty("Result", out JsonElement result)
            ? ToolTurns.Result(result) : ToolTurns.Result(text);
}

/// <summary>A tool call.</summary>
/// <param name="Id">The call's; null for none.</param>
/// <param name="Function">What is called.</param>
internal sealed record OllamaToolCall(string? Id, OllamaFunction? Function)
{
    /// <summary>The tool call of an answer.</summary>
    public static OllamaToolCall Of(ToolCall call) => new(call.Id, new OllamaFunction(call.Name, JsonElement.Parse(call.Arguments)) { Index = call.Index });

    /// <summary>The call of an earlier answer, as chat templates see it.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <exception cref="ApiException">It names no tool, or its arguments are no object.</exception>
    public JsonElement Read(string field) => ToolTurns.Call(
        Id, Function?.Name ?? throw Check.Wrong($"{field}.function.name", "a string", "none"),
        Function.Arguments is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) } other
            ? throw Check.Wrong($"{field}.function.arguments", "an object", JsonMistake.Kind(other)) : Function.Arguments);
}

/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">Its arguments, an object.</param>
internal sealed record OllamaFunction(string? Name, JsonElement? Arguments)
{
    /// <summary>In an answer: the index of the call, from 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Index { get; init; }
}
