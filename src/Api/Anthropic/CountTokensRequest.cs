using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Answers;
using Engine.Api.Requests;
using Engine.Chat;
using Engine.Chat.Tools;

namespace Engine.Api.Anthropic;

/// <summary>The body of <c>POST /v1/messages/count_tokens</c>: a conversation.</summary>
internal class CountTokensRequest
{
    private static readonly string[] Known = NamesOf(AnthropicJson.Api.CountTokensRequest);

    /// <summary>The model's name; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The conversation, oldest message first. If the last one is the assistant's, the answer continues it.</summary>
    public List<AnthropicMessage>? Messages { get; set; }

    /// <summary>The system prompt: a text, or blocks of text.</summary>
    public ContentBlocks? System { get; set; }

    /// <summary>Whether the model thinks before it answers; the thoughts come as a block of their own.</summary>
    public ThinkingConfig? Thinking { get; set; }

    /// <summary>Tools the model may call.</summary>
    public List<AnthropicTool?>? Tools { get; set; }

    /// <summary>Which of them may or must be called.</summary>
    public AnthropicToolChoice? ToolChoice { get; set; }

    /// <summary>The form of the answer.</summary>
    public OutputConfig? OutputConfig { get; set; }

    /// <summary>The older form of <c>output_config.format</c>.</summary>
    public OutputFormat? OutputFormat { get; set; }

    /// <summary>MCP servers with further tools; not supported.</summary>
    public List<JsonElement>? McpServers { get; set; }

    /// <summary>Unknown fields.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Whether thoughts are requested.</summary>
    [JsonIgnore]
    public bool Thinks => Thinking is { Type: "enabled" or "adaptive" };

    /// <summary>What the conversation asks.</summary>
    /// <param name="conversation">What <see cref="Conversation"/> returned.</param>
    /// <param name="name">The model's configured name.</param>
    /// <param name="model">The model.</param>
    /// <param name="settings">The tools, and the form of an answer that calls none.</param>
    /// <param name="cancellationToken">Cancels the rendering.</param>
    /// <exception cref="ApiException">The model has no chat template, or no thoughts although they are requested.</exception>
    public Asking Ask(ChatTemplateInput conversation, string name, IModel model, GenerationSettings settings, CancellationToken cancellationToken)
    {
        Asking asking = Conversations.AskOn(name, model, conversation, settings, cancellationToken);
        if (Thinks)
        {
            Conversations.RequireThoughts("thinking", name, model);
        }
        return asking;
    }

    /// <summary>The conversation as chat templates see it.</summary>
    /// <exception cref="ApiException">It is empty, or something in it is not supported.</exception>
    public ChatTemplateInput Conversation()
    {
        CheckUnknown();
        Check.NotSupported("thinking", Thinking is { Type: not (null or "disabled" or "enabled" or "adaptive") }, $"thinking of type '{Thinking?.Type}'");
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
        return new ChatTemplateInput { Messages = messages, Variables = Conversations.Thinking(Thinks) };
    }

    /// <summary>The tools; null for none.</summary>
    /// <exception cref="ApiException">The tools or the choice are invalid.</exception>
    public ToolSet? OfferedTools() => AnthropicToolChoice.Of(RequestedTools.Each(Tools, (tool, field) => tool.Read(field)), ToolChoice);

    /// <summary>Refuses a field that looks like a typo.</summary>
    protected virtual void CheckUnknown() => Check.Unknown(Unknown, Known);

    /// <summary>The names of a body's fields.</summary>
    protected static string[] NamesOf(global::System.Text.Json.Serialization.Metadata.JsonTypeInfo type) =>
        [.. type.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];
}

/// <param name="Type"><c>disabled</c>, <c>enabled</c> or <c>adaptive</c>.</param>
internal sealed record ThinkingConfig(string? Type);

/// <param name="Format">The schema of the answer.</param>
internal sealed record OutputConfig(OutputFormat? Format);

/// <param name="Type">Always <c>json_schema</c>.</param>
/// <param name="Schema">The schema that the answer must match.</param>
internal sealed record OutputFormat(string? Type, JsonElement? Schema)
{
    /// <summary>What the answer must be.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <exception cref="ApiException">The type is another, or the schema is missing.</exception>
    public Constraint Read(string field) => Type == "json_schema"
        ? AnswerForms.RequiredSchema($"{field}.schema", Schema)
        : throw Check.Wrong($"{field}.type", "'json_schema'", Type is null ? "none" : $"'{Type}'");
}
