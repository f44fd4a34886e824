using System.Text.Json;

namespace Engine.Constraints;

/// <summary>The structure of an answer, for constraints made of several pieces, such as tool calls.</summary>
internal abstract record AnswerShape
{
    /// <summary>A given text.</summary>
    public sealed record Literal(string Text) : AnswerShape;

    /// <summary>A special token of the vocabulary by its text, or the text itself where the vocabulary has no such token.</summary>
    public sealed record Marker(string Text) : AnswerShape;

    /// <summary>JSON that a schema accepts.</summary>
    /// <param name="Schema">The schema.</param>
    /// <param name="Conventions">How the schema is to be read.</param>
    public sealed record Json(JsonElement Schema, SchemaConventions Conventions = default) : AnswerShape;

    /// <summary>Text that a grammar in llama.cpp's notation derives.</summary>
    public sealed record Grammar(string Text) : AnswerShape;

    /// <summary>Text that a regular expression matches as a whole.</summary>
    public sealed record Pattern(string Regex) : AnswerShape;

    /// <summary>Any text, even an empty one, that contains none of the given texts.</summary>
    public sealed record Prose(IReadOnlyList<string> Without) : AnswerShape;

    /// <summary>Several shapes, one after the other.</summary>
    public sealed record Sequence(IReadOnlyList<AnswerShape> Parts) : AnswerShape;

    /// <summary>One of several shapes.</summary>
    public sealed record Either(IReadOnlyList<AnswerShape> Options) : AnswerShape;

    /// <summary>A repetition.</summary>
    /// <param name="Part">What is repeated.</param>
    /// <param name="Min">The minimum number of repetitions.</param>
    /// <param name="Max">The maximum; null for any number.</param>
    /// <param name="Separator">The text between two repetitions.</param>
    public sealed record Repeat(AnswerShape Part, int Min, int? Max, string Separator = "") : AnswerShape;
}

/// <summary>A constraint that the engine itself makes from a shape.</summary>
internal sealed record ShapeConstraint(AnswerShape Shape) : Constraint;
