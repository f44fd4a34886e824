using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.Anthropic;

/// <summary>The body of <c>POST /v1/messages/count_tokens</c>: a conversation.</summary>
internal class CountTokensRequest
{
    private static readonly string[] Known = NamesOf(AnthropicJson.Api.CountTokensRequest);

    /// <summary>The model's name; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The conversation, oldest message first. Where it ends with one of the assistant's, the answer continues that.</summary>
    public List<AnthropicMessage>? Messages { get; set; }

    /// <summary>What the model is told beforehand: a text, or blocks of text.</summary>
    public ContentBlocks? System { get; set; }

    /// <summary>Whether the model thinks before it answers; <c>disabled</c> alone.</summary>
    public ThinkingConfig? Thinking { get; set; }

    /// <summary>Tools the model may call; none yet.</summary>
    public List<JsonElement>? Tools { get; set; }

    /// <summary>Which tool is called; none yet.</summary>
    public ToolChoice? ToolChoice { get; set; }

    /// <summary>The form of the answer; text alone.</summary>
    public OutputConfig? OutputConfig { get; set; }

    /// <summary>Servers with further tools; none.</summary>
    public List<JsonElement>? McpServers { get; set; }

    /// <summary>Fields that are not known.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The conversation as chat templates see it.</summary>
    /// <exception cref="ApiException">It is empty, or something in it is not supported.</exception>
    public ChatTemplateInput Conversation()
    {
        CheckUnknown();
        Check.NotSupported("thinking", Thinking is { Type: not (null or "disabled") }, "an answer that is thought over");
        Check.NotSupported("tools", Tools is { Count: > 0 }, "a choice of tools");
        Check.NotSupported("tool_choice", ToolChoice is { Type: not (null or "auto" or "none") }, "a call of a tool");
        Check.NotSupported("output_config.format", OutputConfig?.Format is { ValueKind: not JsonValueKind.Null }, "an answer of a given form");
        Check.NotSupported("mcp_servers", McpServers is { Count: > 0 }, "the tools of other servers");
        if (Messages is not { Count: > 0 })
        {
            throw Check.Wrong("messages", "at least one message", "none");
        }
        var messages = new List<TemplateMessage>();
        if (System?.Text("system", "\n") is { Length: > 0 } system)
        {
            messages.Add(new TemplateMessage("system", system));
        }
        messages.AddRange(Messages.SelectMany((message, i) => message is null ? throw Check.Wrong($"messages[{i}]", "an object", "null") : message.Read($"messages[{i}]")));
        return new ChatTemplateInput { Messages = messages };
    }

    /// <summary>Refuses what looks like a mistyped field.</summary>
    protected virtual void CheckUnknown() => Check.Unknown(Unknown, Known);

    /// <summary>The names of a body's fields.</summary>
    protected static string[] NamesOf(global::System.Text.Json.Serialization.Metadata.JsonTypeInfo type) =>
        [.. type.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];
}

/// <param name="Type"><c>disabled</c>, <c>enabled</c> or <c>adaptive</c>.</param>
internal sealed record ThinkingConfig(string? Type);

/// <param name="Type"><c>auto</c>, <c>any</c>, <c>tool</c> or <c>none</c>.</param>
internal sealed record ToolChoice(string? Type);

/// <param name="Format">A schema of the answer.</param>
internal sealed record OutputConfig(JsonElement? Format);
