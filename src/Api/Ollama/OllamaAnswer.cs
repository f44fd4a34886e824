using System.Text.Json.Serialization;

namespace Engine.Api.Ollama;

/// <summary>A whole answer, or a line of a streamed one. One object is reused for all lines.</summary>
internal abstract class OllamaAnswer
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>When this was written.</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>Whether this is the last line.</summary>
    public bool Done { get; set; }

    /// <summary>Why the answer ended: <c>stop</c>, <c>length</c>, or <c>load</c> if none was requested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DoneReason { get; set; }

    /// <summary>Nanoseconds that the request took.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? TotalDuration { get; set; }

    /// <summary>Nanoseconds until the model was loaded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? LoadDuration { get; set; }

    /// <summary>Tokens of the prompt.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PromptEvalCount { get; set; }

    /// <summary>Nanoseconds from entering the batch to the first token.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PromptEvalDuration { get; set; }

    /// <summary>Tokens of the answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? EvalCount { get; set; }

    /// <summary>Nanoseconds from the first token to the last.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? EvalDuration { get; set; }

    /// <summary>Sets the answer's text, or its next piece.</summary>
    /// <param name="text">The text.</param>
    /// <param name="thought">The model's thoughts, or the next piece of them; null for none.</param>
    public abstract void SetText(string text, string? thought = null);

    /// <summary>Sets the answer's tool calls.</summary>
    /// <param name="calls">The calls, whole; null for none.</param>
    public virtual void SetCalls(IReadOnlyList<OllamaToolCall>? calls)
    {
        // Only chats have tools.
    }
}

/// <summary>The answer to a chat.</summary>
internal sealed class OllamaChatAnswer : OllamaAnswer
{
    /// <summary>What is said.</summary>
    public OllamaAnswerMessage Message { get; } = new();

    public override void SetText(string text, string? thought = null) => (Message.Content, Message.Thinking) = (text, thought);

    public override void SetCalls(IReadOnlyList<OllamaToolCall>? calls) => Message.ToolCalls = calls;
}

/// <summary>What an assistant says.</summary>
internal sealed class OllamaAnswerMessage
{
    /// <summary>Always <c>assistant</c>.</summary>
    public string Role { get; } = "assistant";

    /// <summary>The text, or its next piece.</summary>
    public string Content { get; set; } = "";

    /// <summary>The model's thoughts, or the next piece of them; omitted if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Thinking { get; set; }

    /// <summary>The tool calls; omitted if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<OllamaToolCall>? ToolCalls { get; set; }
}

/// <summary>The answer to a prompt.</summary>
internal sealed class OllamaGenerateAnswer : OllamaAnswer
{
    /// <summary>The text, or its next piece.</summary>
    public string Response { get; set; } = "";

    /// <summary>The model's thoughts, or the next piece of them; omitted if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Thinking { get; set; }

    public override void SetText(string text, string? thought = null) => (Response, Thinking) = (text, thought);
}
