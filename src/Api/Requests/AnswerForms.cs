using System.Text.Json;

namespace Engine.Api.Requests;

/// <summary>Makes constraints of what requests say about the form of an answer.</summary>
internal static class AnswerForms
{
    /// <summary>The word by which an answer ends whole where it would be cut.</summary>
    public const string AlwaysValid = "always_valid";

    /// <summary>The client that writes keywords of a schema into descriptions.</summary>
    private const string ExtensionsAI = "MEAI/", SemanticKernel = "Semantic-Kernel";

    /// <summary>JSON that a schema accepts; null where none was given.</summary>
    /// <param name="field">Where it stands in the request.</param>
    /// <param name="schema">The schema, or a text that holds it.</param>
    /// <exception cref="ApiException">It is no schema.</exception>
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

    /// <summary>A schema that must be there.</summary>
    /// <inheritdoc cref="Schema"/>
    public static Constraint RequiredSchema(string field, JsonElement? schema) => Schema(field, schema) ?? throw Check.Wrong(field, "a JSON schema", "none");

    /// <summary>One of some texts; null where none were given.</summary>
    /// <param name="field">Where they stand in the request.</param>
    /// <param name="choices">The texts.</param>
    /// <exception cref="ApiException">There are none, or one is empty.</exception>
    public static Constraint? Choice(string field, IReadOnlyList<string>? choices) => choices is null ? null
        : choices.Count > 0 && !choices.Any(string.IsNullOrEmpty) ? new ChoiceConstraint(choices)
        : throw Check.Wrong(field, "texts to choose from, none of them empty", choices.Count == 0 ? "none" : "an empty one");

    /// <summary>A text that a regular expression matches; null where none was given.</summary>
    public static Constraint? Regex(string? pattern) => string.IsNullOrEmpty(pattern) ? null : new RegexConstraint(pattern);

    /// <summary>A text of a grammar in llama.cpp's notation; null where none was given.</summary>
    public static Constraint? Grammar(string? grammar) => string.IsNullOrEmpty(grammar) ? null : new GrammarConstraint(grammar);

    /// <summary>The one form that a request asks for, and its field; null for none.</summary>
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

    /// <summary>Whether an answer that nears its limit is to end whole.</summary>
    /// <exception cref="ApiException">Another word stands there.</exception>
    public static bool EndsWhole(string? finish) => finish switch
    {
        null => false,
        AlwaysValid => true,
        _ => throw Check.Wrong("finish", $"'{AlwaysValid}'", $"'{finish}'"),
    };

    /// <summary>Whether a client writes keywords of a schema into descriptions.</summary>
    /// <param name="client">The header <c>User-Agent</c>.</param>
    public static bool WritesDescriptions(string? client) => client?.Contains(ExtensionsAI, StringComparison.Ordinal) ?? false;

    /// <summary>Whether a client's schemas are made from types of .NET, whose times have no offset.</summary>
    /// <param name="client">The header <c>User-Agent</c>.</param>
    public static bool HasLocalTimes(string? client) =>
        client is not null && (client.Contains(".NET", StringComparison.Ordinal) || client.Contains(SemanticKernel, StringComparison.Ordinal) || WritesDescriptions(client));

    private static ApiException NoSchema(string field, JsonElement found) => Check.Wrong(field, "a JSON schema, which is an object, true or false", JsonMistake.Quote(found));
}
