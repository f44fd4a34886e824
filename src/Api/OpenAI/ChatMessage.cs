using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.OpenAI;

/// <summary>A message of a chat.</summary>
internal sealed class ChatMessage
{
    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool", "function"];

    /// <summary>Who speaks.</summary>
    public string? Role { get; set; }

    /// <summary>What is said.</summary>
    public MessageContent? Content { get; set; }

    /// <summary>The speaker's name.</summary>
    public string? Name { get; set; }

    /// <summary>The tool calls of an assistant's message.</summary>
    public List<ChatToolCall?>? ToolCalls { get; set; }

    /// <summary>The call whose result this is, in a tool's message.</summary>
    public string? ToolCallId { get; set; }

    /// <summary>Unknown fields; ignored.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The message as chat templates see it.</summary>
    /// <param name="field">Its path in the request, such as <c>messages[0]</c>.</param>
    public TemplateMessage Read(string field)
    {
        string role = Role is not null && Roles.Contains(Role) ? Role
            : throw Check.Wrong($"{field}.role", string.Join(", ", Roles[..^1]) + " or " + Roles[^1], Role is null ? "none" : $"'{Role}'");
        var fields = new Dictionary<string, JsonElement>();
        if (Name is not null)
        {
            fields["name"] = ToolTurns.Field(Name);
        }
        if (ToolCalls is { Count: > 0 })
        {
            fields["tool_calls"] = ToolTurns.Field(ToolCalls.Select((call, i) => call is null ? throw Check.Wrong($"{field}.tool_calls[{i}]", "an object", "null") : call.Read($"{field}.tool_calls[{i}]")));
        }
        if (ToolCallId is not null)
        {
            fields["tool_call_id"] = ToolTurns.Field(ToolCallId);
        }
        // Chat templates know only the older word, "system".
        string? text = role == "tool" && Content?.Text is { } result ? ToolTurns.Result(result) : Content?.Text;
        return new TemplateMessage(role == "developer" ? "system" : role, text) { Fields = fields };
    }
}

/// <summary>The call of a function in an earlier answer.</summary>
internal sealed class ChatToolCall
{
    /// <summary>Its id, which its result refers to.</summary>
    public string? Id { get; set; }

    /// <summary>Always <c>function</c>, or omitted.</summary>
    public string? Type { get; set; }

    /// <summary>What is called.</summary>
    public ChatCalledFunction? Function { get; set; }

    /// <summary>The call as chat templates see it.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <exception cref="ApiException">It names no function.</exception>
    public JsonElement Read(string field)
    {
        RequestedTools.RequireFunction(field, Type);
        return ToolTurns.Call(Id, Function?.Name ?? throw Check.Wrong($"{field}.function.name", "a string", "none"), Function.Arguments);
    }
}

/// <summary>A function that was called.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Arguments">A JSON object, either as a string or inline.</param>
internal sealed record ChatCalledFunction(string? Name, JsonElement? Arguments);
