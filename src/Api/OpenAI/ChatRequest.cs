using System.Text.Json;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.OpenAI;

/// <summary>The body of <c>POST /v1/chat/completions</c>.</summary>
internal sealed class ChatRequest : GenerationBody
{
    private const int MaxTopLogprobs = 20;

    private static readonly string[] Known =
        [.. OpenAIJson.Api.ChatRequest.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The conversation, oldest message first.</summary>
    public List<ChatMessage>? Messages { get; set; }

    /// <summary>The newer name of <c>max_tokens</c>, over which it takes precedence.</summary>
    public int? MaxCompletionTokens { get; set; }

    /// <summary>Whether each token comes with its log-probability.</summary>
    public bool? Logprobs { get; set; }

    /// <summary>The number of most probable tokens to return with each token.</summary>
    public int? TopLogprobs { get; set; }

    /// <summary>Variables of the chat template, such as <c>enable_thinking</c>.</summary>
    public Dictionary<string, JsonElement>? ChatTemplateKwargs { get; set; }

    /// <summary>Tools the model may call.</summary>
    public List<FunctionTool?>? Tools { get; set; }

    /// <summary>Which of them may or must be called.</summary>
    public ToolChoice? ToolChoice { get; set; }

    /// <summary>Whether an answer may contain several calls.</summary>
    public bool? ParallelToolCalls { get; set; }

    /// <summary>The older form of <c>tools</c>; not supported.</summary>
    public List<JsonElement>? Functions { get; set; }

    /// <summary>The kinds of output; only text is supported.</summary>
    public List<string>? Modalities { get; set; }

    /// <summary>What is asked of the generation.</summary>
    /// <exception cref="ApiException">A value is out of its range, or something is not supported.</exception>
    public GenerationSettings Settings()
    {
        GenerationSettings settings = Read(Known);
        Check.NotSupported("functions", Functions is { Count: > 0 }, "the older form of tools (send them in 'tools')");
        Check.NotSupported("modalities", Modalities?.Any(kind => kind != "text") ?? false, "another answer than text");
        int? top = Check.Integer("top_logprobs", TopLogprobs, 0, MaxTopLogprobs);
        return top is not null && Logprobs != true
            ? throw ApiException.Invalid("Reading the field 'top_logprobs': expected 'logprobs' to be true beside it.", "top_logprobs")
            : settings with
            {
                MaxTokens = Check.Integer("max_completion_tokens", MaxCompletionTokens, 1, int.MaxValue) ?? settings.MaxTokens,
                Tools = OpenAI.ToolChoice.Of(RequestedTools.Each(Tools, (tool, field) => tool.Read(field)), ToolChoice, ParallelToolCalls),
                TopLogprobs = Logprobs == true ? top ?? 0 : null,
            };
    }

    /// <summary>The conversation as chat templates see it.</summary>
    public ChatTemplateInput Conversation() => new()
    {
        Messages = Messages is { Count: > 0 }
            ? [.. Messages.Select((message, i) => message is null ? throw Check.Wrong($"messages[{i}]", "an object", "null") : message.Read($"messages[{i}]"))]
            : throw ApiException.Invalid("Reading the field 'messages': expected at least one message, found none.", "messages"),
        Variables = ChatTemplateKwargs ?? [],
    };
}
