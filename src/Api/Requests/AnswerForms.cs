using System.Text.Json;

namespace Engine.Api.Requests;

/// <summary>Builds constraints from what requests say about the form of an answer.</summary>
internal static class AnswerForms
{
    /// <summary>The value of <c>finish</c> that makes a constrained answer end complete instead of being cut off.</summary>
    public const string AlwaysValid = "always_valid";

    /// <summary>Clients that write keywords of a schema into its descriptions.</summary>
    private const string ExtensionsAI = "MEAI/", SemanticKernel = "Semantic-Kernel";

    /// <summary>JSON that matches a schema; null if none is given.</summary>
    /// <param name="field">Its path in the request.</param>
    /// <param name="schema">The schema, or a text that holds it.</param>
    /// <exception cref="ApiException">It is not a schema.</exception>
    public static Constraint? Schema(string field, JsonElement? schema)
    {
        switch (schema)
        {
            case null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined }:
                return null;
            case { ValueKind: JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False } given:
                return new JsonSchemaConstraint(given);
            case { ValueKind: JsonValueKind.String } text:
                try
                {
                    return Schema(field, JsonElement.Parse(text.GetString()!) is { ValueKind: not JsonValueKind.String } inner ? inner : throw NoSchema(field, text));
                }
                catch (JsonException e)
                {
                    throw Check.Wrong(field, "a JSON schema", JsonFault.Describe(e));
                }
            default:
                throw NoSchema(field, schema.Value);
        }
    }

    /// <summary>A schema that is required.</summary>
    /// <inheritdoc cref="Schema"/>
    public static Constraint RequiredSchema(string field, JsonElement? schema) => Schema(field, schema) ?? throw Check.Wrong(field, "a JSON schema", "none");

    /// <summary>One of several texts; null if none are given.</summary>
    /// <param name="field">Their path in the request.</param>
    /// <param name="choices">The texts.</param>
    /// <exception cref="ApiException">There are none, or one is empty.</exception>
    public static Constraint? Choice(string field, IReadOnlyList<string>? choices) => choices is null ? null
        : choices.Count > 0 && !choices.Any(string.IsNullOrEmpty) ? new ChoiceConstraint(choices)
        : throw Check.Wrong(field, "texts to choose from, none of them empty", choices.Count == 0 ? "none" : "an empty one");

    /// <summary>Text that matches a regular expression; null if none is given.</summary>
    public static Constraint? Regex(string? pattern) => string.IsNullOrEmpty(pattern) ? null : new RegexConstraint(pattern);

    /// <summary>Text of a grammar in llama.cpp's notation; null if none is given.</summary>
    public static Constraint? Grammar(string? grammar) => string.IsNullOrEmpty(grammar) ? null : new GrammarConstraint(grammar);

    /// <summary>The one constraint that a request asks for, and its field; null for none.</summary>
    /// <param name="asked">The forms by their fields.</param>
    /// <exception cref="ApiException">There are two.</exception>
    public static (string? Field, Constraint? Form) Single(params ReadOnlySpan<(string Field, Constraint? Form)> asked)
    {
        (string Field, Constraint? Form) only = default;
        foreach ((string Field, Constraint? Form) one in asked)
        {
            if (one.Form is not null)
            {
                only = only.Form is null ? one : throw ApiException.Invalid(
                    $"Reading the field '{one.Field}': expected one form of the answer, found another in '{only.Field}'. Leave one of them out.", one.Field);
            }
        }
        return only;
    }

    /// <summary>Whether an answer that nears its limit must end complete.</summary>
    /// <exception cref="ApiException">It is another word.</exception>
    public static bool EndsWhole(string? finish) => finish switch
    {
        null => false,
        AlwaysValid => true,
        _ => throw Check.Wrong("finish", $"'{AlwaysValid}'", $"'{finish}'"),
    };

    /// <summary>Whether a client writes keywords of a schema into descriptions.</summary>
    /// <param name="client">The header <c>User-Agent</c>.</param>
    public static bool WritesDescriptions(string? client) => client?.Contains(ExtensionsAI, StringComparison.Ordinal) ?? false;

    /// <summary>Whether a client generates its schemas from .NET types, whose times have no offset.</summary>
    /// <param name="client">The header <c>User-Agent</c>.</param>
    public static bool HasLocalTimes(string? client) =>
        client is not null && (client.Contains(".NET", StringComparison.Ordinal) || client.Contains(SemanticKernel, StringComparison.Ordinal) || WritesDescriptions(client));

    private static ApiException NoSchema(string field, JsonElement found) => Check.Wrong(field, "a JSON schema, which is an object, true or false", JsonMistake.Quote(found));
}
