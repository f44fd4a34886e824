using System.Text.Json;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI;

/// <summary>The fields that constrain an answer: OpenAI's, and those of vLLM and llama-server, which offer more.</summary>
internal abstract class ConstrainedBody
{
    /// <summary>The form of the answer: text, any JSON object, or JSON of a schema. The schema is enforced with or without <c>strict</c>.</summary>
    public ResponseFormat? ResponseFormat { get; set; }

    /// <summary>A JSON schema that the answer must match.</summary>
    public JsonElement? JsonSchema { get; set; }

    /// <summary>A regular expression that must match the whole answer, in ECMAScript's syntax.</summary>
    public string? Regex { get; set; }

    /// <summary>Texts, one of which is the answer.</summary>
    public List<string>? Choice { get; set; }

    /// <summary>A grammar of the answer, in llama.cpp's notation (GBNF).</summary>
    public string? Grammar { get; set; }

    /// <summary>vLLM's older name of <c>json_schema</c>.</summary>
    public JsonElement? GuidedJson { get; set; }

    /// <summary>vLLM's older name of <c>regex</c>.</summary>
    public string? GuidedRegex { get; set; }

    /// <summary>vLLM's older name of <c>choice</c>.</summary>
    public List<string>? GuidedChoice { get; set; }

    /// <summary>vLLM's older name of <c>grammar</c>.</summary>
    public string? GuidedGrammar { get; set; }

    /// <summary>The same constraints in vLLM's newer form.</summary>
    public StructuredOutputs? StructuredOutputs { get; set; }

    /// <summary><c>always_valid</c>: a constrained answer that nears its token limit takes the shortest way to a complete end.</summary>
    public string? Finish { get; set; }

    /// <summary>Whether keywords written as lines of a schema's descriptions count, such as <c>format: date-time</c>. By default they do for
    /// Microsoft.Extensions.AI, which writes them there.</summary>
    public bool? ReadsDescriptions { get; set; }

    /// <summary>What the answer must be, and the field that says so; null for anything.</summary>
    /// <exception cref="ApiException">A constraint is invalid, or there are two.</exception>
    protected (string? Field, Constraint? Form) Form() => AnswerForms.Single(
        ("text.format", TextForm()),
        ("response_format", ResponseFormat?.Read("response_format")),
        ("json_schema", AnswerForms.Schema("json_schema", JsonSchema)),
        ("regex", AnswerForms.Regex(Regex)),
        ("choice", AnswerForms.Choice("choice", Choice)),
        ("grammar", AnswerForms.Grammar(Grammar)),
        ("guided_json", AnswerForms.Schema("guided_json", GuidedJson)),
        ("guided_regex", AnswerForms.Regex(GuidedRegex)),
        ("guided_choice", AnswerForms.Choice("guided_choice", GuidedChoice)),
        ("guided_grammar", AnswerForms.Grammar(GuidedGrammar)),
        ("structured_outputs", StructuredOutputs?.Read("structured_outputs")));

    /// <summary>The constraint of <c>text.format</c>, on endpoints that have it.</summary>
    private protected virtual Constraint? TextForm() => null;
}

/// <summary>The form of an answer.</summary>
internal sealed class ResponseFormat
{
    /// <summary><c>text</c>, <c>json_object</c> or <c>json_schema</c>.</summary>
    public string? Type { get; set; }

    /// <summary>With <c>json_schema</c>: the schema.</summary>
    public NamedSchema? JsonSchema { get; set; }

    /// <summary>With <c>json_object</c>: a schema of the object, as llama-server takes it.</summary>
    public JsonElement? Schema { get; set; }

    /// <summary>What the answer must be; null for anything.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <exception cref="ApiException">The type is unknown, or its schema is missing.</exception>
    public Constraint? Read(string field) => Type switch
    {
        "text" => null,
        "json_object" => AnswerForms.Schema($"{field}.schema", Schema) ?? Constraint.JsonObject,
        "json_schema" => AnswerForms.RequiredSchema($"{field}.json_schema.schema", (JsonSchema ?? throw Check.Wrong($"{field}.json_schema", "an object", "none")).Schema),
        _ => throw Check.Wrong($"{field}.type", "'text', 'json_object' or 'json_schema'", Type is null ? "none" : $"'{Type}'"),
    };
}

/// <param name="Name">What the client calls it; ignored.</param>
/// <param name="Description">What it is for; ignored.</param>
/// <param name="Schema">The schema.</param>
/// <param name="Strict">Ignored: a schema is always enforced.</param>
internal sealed record NamedSchema(string? Name, string? Description, JsonElement? Schema, bool? Strict);

/// <summary>One form of an answer, as vLLM takes it.</summary>
/// <param name="Json">A JSON schema that the answer must match.</param>
/// <param name="Regex">A regular expression that must match the whole answer.</param>
/// <param name="Choice">Texts, one of which is the answer.</param>
/// <param name="Grammar">A grammar of the answer, in llama.cpp's notation (GBNF).</param>
/// <param name="JsonObject">Whether the answer is any JSON object.</param>
internal sealed record StructuredOutputs(JsonElement? Json, string? Regex, List<string>? Choice, string? Grammar, bool? JsonObject)
{
    /// <summary>What the answer must be; null for anything.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <exception cref="ApiException">A constraint is invalid, or there are two.</exception>
    public Constraint? Read(string field) => AnswerForms.Single(
        ($"{field}.json", AnswerForms.Schema($"{field}.json", Json)),
        ($"{field}.regex", AnswerForms.Regex(Regex)),
        ($"{field}.choice", AnswerForms.Choice($"{field}.choice", Choice)),
        ($"{field}.grammar", AnswerForms.Grammar(Grammar)),
        ($"{field}.json_object", JsonObject == true ? Constraint.JsonObject : null)).Form;
}
