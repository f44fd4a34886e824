using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Engine.Api.Answers;
using Engine.Api.Requests;

namespace Engine.Api.Ollama;

/// <summary>The fields that Ollama's chats and generations share.</summary>
internal abstract class OllamaRequest
{
    /// <summary>The model's name, with or without <c>:latest</c>; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>Whether the answer is streamed line by line (the default) or sent in one piece.</summary>
    public bool? Stream { get; set; }

    /// <summary>The form of the answer: <c>json</c> for any JSON object, or a schema.</summary>
    public JsonElement? Format { get; set; }

    /// <summary><c>always_valid</c>: a constrained answer that nears its token limit takes the shortest way to a complete end.</summary>
    public string? Finish { get; set; }

    /// <summary>Whether keywords written as lines of a schema's descriptions count, such as <c>format: date-time</c>.</summary>
    public bool? ReadsDescriptions { get; set; }

    /// <summary>Whether the model thinks before it answers: true, false, or how much: <c>low</c>, <c>medium</c>, <c>high</c>. Without it, the
    /// chat template decides.</summary>
    public JsonElement? Think { get; set; }

    /// <summary>Whether each token comes with its log-probability; only false is supported.</summary>
    public bool? Logprobs { get; set; }

    /// <summary>How many of the most probable tokens come with each; ignored.</summary>
    public int? TopLogprobs { get; set; }

    /// <summary>How long the model stays loaded; ignored: it stays loaded.</summary>
    public JsonElement? KeepAlive { get; set; }

    /// <summary>How the answer is generated.</summary>
    public OllamaOptions? Options { get; set; }

    /// <summary>Unknown fields.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Whether the answer is streamed.</summary>
    [JsonIgnore]
    public bool IsStreamed => Stream ?? true;

    /// <summary>The chat template's variables for thinking.</summary>
    /// <exception cref="ApiException">The value is not one of the known words.</exception>
    protected IReadOnlyDictionary<string, JsonElement> ThinkVariables()
    {
        Dictionary<string, JsonElement> variables = Think is null ? [] : Conversations.Thinking(Thinks());
        if (Think is { ValueKind: JsonValueKind.String } effort)
        {
            variables["reasoning_effort"] = effort;
        }
        return variables;
    }

    /// <summary>Whether thoughts are requested.</summary>
    /// <exception cref="ApiException">The value is not one of the known words.</exception>
    protected bool Thinks() => Think switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.String } effort when effort.GetString() is "low" or "medium" or "high" => true,
        { } other => throw Check.Wrong("think", "true, false, 'low', 'medium' or 'high'", JsonMistake.Quote(other)),
    };

    /// <summary>What is asked of the generation.</summary>
    /// <exception cref="ApiException">A value is out of its range, or something is not supported.</exception>
    public virtual GenerationSettings Settings()
    {
        Check.Unknown(Unknown, KnownNames);
        Check.NotSupported("logprobs", Logprobs == true, "log-probabilities of the tokens");
        return (Options ?? new OllamaOptions()).Settings() with
        {
            Constraint = Form(),
            ConstraintField = "format",
            ReadsDescriptions = ReadsDescriptions,
            AlwaysValid = AnswerForms.EndsWhole(Finish),
        };
    }

    /// <summary>The names of the body's fields.</summary>
    protected abstract IReadOnlyCollection<string> KnownNames { get; }

    /// <summary>The names of a body's fields.</summary>
    protected static string[] NamesOf(JsonTypeInfo type) => [.. type.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    // Clients send null, false or an empty string when they ask for nothing.
    private Constraint? Form() => Format switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.False } => null,
        { ValueKind: JsonValueKind.Object } schema => new JsonSchemaConstraint(schema),
        { ValueKind: JsonValueKind.String } word when word.GetString() is { Length: 0 } => null,
        { ValueKind: JsonValueKind.String } word when word.GetString() == "json" => Constraint.JsonObject,
        { } other => throw Check.Wrong("format", "'json' or a JSON schema", JsonMistake.Quote(other)),
    };
}
