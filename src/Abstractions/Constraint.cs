using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine;

/// <summary>Constrains an answer: tokens that would violate it are never drawn.</summary>
/// <remarks>One of <see cref="JsonSchemaConstraint"/>, <see cref="GrammarConstraint"/>, <see cref="RegexConstraint"/>,
/// <see cref="ChoiceConstraint"/>, or <see cref="CodeConstraint"/> for code of your own.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(JsonSchemaConstraint), "json_schema")]
[JsonDerivedType(typeof(GrammarConstraint), "grammar")]
[JsonDerivedType(typeof(RegexConstraint), "regex")]
[JsonDerivedType(typeof(ChoiceConstraint), "choice")]
public abstract record Constraint
{
    private protected Constraint()
    {
    }

    /// <summary>Any JSON object.</summary>
    public static Constraint JsonObject { get; } = new JsonSchemaConstraint(JsonElement.Parse("""{"type":"object"}"""));
}

/// <summary>JSON that a JSON schema accepts: properties in the schema's order, whitespace bounded.</summary>
/// <param name="Schema">The schema (drafts 4 to 2020-12): an object, or true for any JSON. What is not understood is refused, by keyword and path.</param>
[method: JsonConstructor]
public sealed record JsonSchemaConstraint(JsonElement Schema) : Constraint
{
    /// <summary>A schema given as text.</summary>
    /// <exception cref="InvalidRequestException">The text is not JSON.</exception>
    public JsonSchemaConstraint(string schema) : this(Parse(schema))
    {
    }

    /// <summary>Also reads keywords written as lines of a <c>description</c>, such as <c>format: date-time</c>: Microsoft.Extensions.AI.OpenAI
    /// writes them there.</summary>
    public bool ReadsDescriptions { get; init; }

    /// <summary>Reads the format <c>time</c> as a time without an offset, such as 08:30:00. The standard demands an offset; .NET writes this format
    /// for a <see cref="TimeOnly"/>, and reads none.</summary>
    public bool LocalTimes { get; init; }

    /// <summary>Lets the properties that the schema names come in any order. By default they come in the schema's order: a reader that needs a
    /// discriminator first finds it there, and others after them.</summary>
    public bool AnyOrder { get; init; }

    private static JsonElement Parse(string schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            return JsonElement.Parse(schema);
        }
        catch (JsonException e)
        {
            throw new InvalidRequestException($"Reading a JSON schema: expected JSON, found {JsonFault.Describe(e)}. Correct the schema.");
        }
    }
}

/// <summary>Text that a grammar in llama.cpp's notation (GBNF) derives from its rule <c>root</c>.</summary>
/// <param name="Grammar">The rules.</param>
public sealed record GrammarConstraint(string Grammar) : Constraint;

/// <summary>Text that a regular expression matches as a whole.</summary>
/// <param name="Pattern">In ECMAScript's syntax, without back references.</param>
public sealed record RegexConstraint(string Pattern) : Constraint;

/// <summary>One of several texts.</summary>
/// <param name="Choices">At least one, none of them empty.</param>
public sealed record ChoiceConstraint(IReadOnlyList<string> Choices) : Constraint;

/// <summary>A constraint of your own.</summary>
/// <param name="Begin">Begins an answer: called once for each, with the model's tokenizer.</param>
public sealed record CodeConstraint(Func<ITokenizer, IConstraint> Begin) : Constraint;
