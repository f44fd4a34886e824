using System.Text.Json;

namespace Engine.Chat;

/// <summary>The input of a chat template.</summary>
public sealed record ChatTemplateInput
{
    /// <summary>The conversation, oldest message first.</summary>
    public required IReadOnlyList<TemplateMessage> Messages { get; init; }

    /// <summary>Tools the model may call, as JSON schemas in the form of OpenAI's API; null for none.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>Documents to answer from, for templates that know them; null for none.</summary>
    public IReadOnlyList<JsonElement>? Documents { get; init; }

    /// <summary>Whether the prompt ends with the opening of the model's answer.</summary>
    /// <value>The default is true.</value>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Further variables of the template, such as <c>enable_thinking</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>The time for templates that use today's date; null for the clock's.</summary>
    public DateTimeOffset? Now { get; init; }
}
