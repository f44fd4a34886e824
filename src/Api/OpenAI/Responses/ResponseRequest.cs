using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;
using Engine.Chat;
using Engine.Chat.Tools;

namespace Engine.Api.OpenAI.Responses;

/// <summary>The body of <c>POST /v1/responses</c>.</summary>
internal sealed class ResponseRequest : GenerationBody
{
    private const int MaxTopLogprobs = 20;

    /// <summary>What asks for log-probabilities in <c>include</c>.</summary>
    private const string LogprobsOfText = "message.output_text.logprobs";

    private static readonly string[] Known =
        [.. ResponsesJson.Api.ResponseRequest.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The conversation: a text of the user's, or items, oldest first.</summary>
    public ResponseInput? Input { get; set; }

    /// <summary>Goes before the conversation as a system message.</summary>
    public string? Instructions { get; set; }

    /// <summary>Tokens at the most; <c>max_tokens</c> is read where it is missing.</summary>
    public int? MaxOutputTokens { get; set; }

    /// <summary>The form of the answer.</summary>
    public TextForm? Text { get; set; }

    /// <summary>What comes with the answer: <c>message.output_text.logprobs</c>; others are passed over.</summary>
    public List<string>? Include { get; set; }

    /// <summary>How many of the most probable tokens come with each.</summary>
    public int? TopLogprobs { get; set; }

    /// <summary>Whether later requests may refer to the answer by the id of its message.</summary>
    public bool? Store { get; set; }

    /// <summary>An earlier answer that is continued; not supported, for answers are not kept.</summary>
    public string? PreviousResponseId { get; set; }

    /// <summary>A conversation that is kept here; not supported.</summary>
    public JsonElement? Conversation { get; set; }

    /// <summary>Whether the answer is made after the reply; not supported.</summary>
    public bool? Background { get; set; }

    /// <summary>A prompt that is kept here; not supported.</summary>
    public JsonElement? Prompt { get; set; }

    /// <summary>Tools the model may call.</summary>
    public List<ResponseTool?>? Tools { get; set; }

    /// <summary>Which of them are called.</summary>
    public ToolChoice? ToolChoice { get; set; }

    /// <summary>Whether an answer may have several calls.</summary>
    public bool? ParallelToolCalls { get; set; }

    /// <summary>What is asked of the generation.</summary>
    /// <exception cref="ApiException">A value is out of its range, or something is not supported.</exception>
    public GenerationSettings Settings()
    {
        GenerationSettings settings = Read(Known);
        Check.NotSupported("previous_response_id", PreviousResponseId is not null, "the continuation of an answer, none of which is kept,");
        Check.NotSupported("conversation", Conversation is { ValueKind: not JsonValueKind.Null }, "a conversation that is kept here");
        Check.NotSupported("background", Background == true, "an answer after the reply");
        Check.NotSupported("prompt", Prompt is { ValueKind: not JsonValueKind.Null }, "a prompt that is kept here");
        Check.NotSupported("n", settings.Answers > 1, "a choice of answers");
        int? top = Check.Integer("top_logprobs", TopLogprobs, 0, MaxTopLogprobs);
        return settings with
        {
            MaxTokens = Check.Integer("max_output_tokens", MaxOutputTokens, 1, int.MaxValue) ?? settings.MaxTokens,
            Tools = OpenAI.ToolChoice.Of(RequestedTools.Each(Tools, (tool, field) => tool.Read(field)), ToolChoice, ParallelToolCalls),
            TopLogprobs = top > 0 || (Include?.Contains(LogprobsOfText) ?? false) ? top ?? 0 : null,
        };
    }

    private protected override Constraint? TextForm() => Text?.Format?.Read("text.format");

    /// <summary>The conversation as chat templates see it.</summary>
    /// <param name="recent">Answers that items may refer to.</param>
    /// <exception cref="ApiException">There is none, or an item is not supported.</exception>
    public ChatTemplateInput Messages(RecentAnswers recent)
    {
        List<TemplateMessage> said = Input?.Messages(recent) ?? [];
        return said.Count == 0
            ? throw ApiException.Invalid("Reading the field 'input': expected a text or at least one message, found none.", "input")
            : new ChatTemplateInput { Messages = string.IsNullOrEmpty(Instructions) ? said : [new TemplateMessage("system", Instructions), .. said] };
    }
}

/// <summary>A tool that the model may call.</summary>
internal sealed class ResponseTool
{
    /// <summary>Always <c>function</c>.</summary>
    public string? Type { get; set; }

    /// <summary>Its name.</summary>
    public string? Name { get; set; }

    /// <summary>What it does, for the model to know.</summary>
    public string? Description { get; set; }

    /// <summary>The JSON schema of its arguments; none where it takes none.</summary>
    public JsonElement? Parameters { get; set; }

    /// <summary>Whether the arguments of every call meet the schema. Where a call is required they always do.</summary>
    public bool? Strict { get; set; }

    /// <summary>The tool.</summary>
    /// <param name="field">Where it stands in the request.</param>
    /// <exception cref="ApiException">It is no function, or has no name.</exception>
    public ToolDefinition Read(string field)
    {
        RequestedTools.RequireFunction(field, Type);
        return RequestedTools.Define(field, Name, Description, $"{field}.parameters", Parameters, Strict);
    }
}

/// <summary>The form of an answer.</summary>
internal sealed class TextForm
{
    /// <summary>Text, or JSON of a schema.</summary>
    public TextFormat? Format { get; set; }
}

/// <summary>The form of an answer's text.</summary>
internal sealed class TextFormat
{
    /// <summary><c>text</c>, <c>json_object</c> or <c>json_schema</c>.</summary>
    public string? Type { get; set; }

    /// <summary>What the client calls the schema; passed over.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; set; }

    /// <summary>What the schema is for; passed over.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Description { get; set; }

    /// <summary>The schema.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Schema { get; set; }

    /// <summary>Passed over: a schema is always kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Strict { get; set; }

    /// <summary>What the answer must be; null for anything.</summary>
    /// <param name="field">Where it stands in the request.</param>
    /// <exception cref="ApiException">The type is unknown, or the schema is missing.</exception>
    public Constraint? Read(string field) => Type switch
    {
        null or "text" => null,
        "json_object" => Constraint.JsonObject,
        "json_schema" => AnswerForms.RequiredSchema($"{field}.schema", Schema),
        _ => throw Check.Wrong($"{field}.type", "'text', 'json_object' or 'json_schema'", $"'{Type}'"),
    };
}
