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

    /// <summary>The value of <c>include</c> that asks for log-probabilities.</summary>
    private const string LogprobsOfText = "message.output_text.logprobs";

    private static readonly string[] Known =
        [.. ResponsesJson.Api.ResponseRequest.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The conversation: a text by the user, or items, oldest first.</summary>
    public ResponseInput? Input { get; set; }

    /// <summary>A system message to put before the conversation.</summary>
    public string? Instructions { get; set; }

    /// <summary>The maximum number of tokens of the answer; <c>max_tokens</c> is read if this is missing.</summary>
    public int? MaxOutputTokens { get; set; }

    /// <summary>The form of the answer.</summary>
    public TextForm? Text { get; set; }

    /// <summary>What to include in the answer: <c>message.output_text.logprobs</c>; others are ignored.</summary>
    public List<string>? Include { get; set; }

    /// <summary>The number of most probable tokens to return with each token.</summary>
    public int? TopLogprobs { get; set; }

    /// <summary>Whether later requests may refer to the answer by the id of its message.</summary>
    public bool? Store { get; set; }

    /// <summary>An earlier answer to continue; not supported, because answers are not stored.</summary>
    public string? PreviousResponseId { get; set; }

    /// <summary>A conversation stored on the server; not supported.</summary>
    public JsonElement? Conversation { get; set; }

    /// <summary>Whether the answer is generated in the background; not supported.</summary>
    public bool? Background { get; set; }

    /// <summary>A prompt stored on the server; not supported.</summary>
    public JsonElement? Prompt { get; set; }

    /// <summary>Tools the model may call.</summary>
    public List<ResponseTool?>? Tools { get; set; }

    /// <summary>Which of them may or must be called.</summary>
    public ToolChoice? ToolChoice { get; set; }

    /// <summary>Whether an answer may contain several calls.</summary>
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

    /// <summary>A description of the tool, for the model.</summary>
    public string? Description { get; set; }

    /// <summary>The JSON schema of its arguments; none if it takes none.</summary>
    public JsonElement? Parameters { get; set; }

    /// <summary>Whether the arguments of every call must match the schema. If a call is required, they always do.</summary>
    public bool? Strict { get; set; }

    /// <summary>The tool.</summary>
    /// <param name="field">Its path in the request.</param>
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
    /// <summary>Text, or JSON that matches a schema.</summary>
    public TextFormat? Format { get; set; }
}

/// <summary>The form of an answer's text.</summary>
internal sealed class TextFormat
{
    /// <summary><c>text</c>, <c>json_object</c> or <c>json_schema</c>.</summary>
    public string? Type { get; set; }

    /// <summary>What the client calls the schema; ignored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; set; }

    /// <summary>What the schema is for; ignored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Description { get; set; }

    /// <summary>The schema.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Schema { get; set; }

    /// <summary>Ignored: a schema is always enforced.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Strict { get; set; }

    /// <summary>What the answer must be; null for anything.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <exception cref="ApiException">The type is unknown, or the schema is missing.</exception>
    public Constraint? Read(string field) => Type switch
    {
        null or "text" => null,
        "json_object" => Constraint.JsonObject,
        "json_schema" => AnswerForms.RequiredSchema($"{field}.schema", Schema),
        _ => throw Check.Wrong($"{field}.type", "'text', 'json_object' or 'json_schema'", $"'{Type}'"),
    };
}
