using System.Text.Json;
using Engine.Constraints;

namespace Engine.Remote.Protocol;

/// <summary>Converts constraints that are data to messages and back.</summary>
internal static class Constraints
{
    /// <exception cref="UnsupportedRequestException">The constraint is code.</exception>
    public static AskedConstraint Of(Constraint constraint) => constraint switch
    {
        JsonSchemaConstraint schema => new AskedConstraint { JsonSchema = Of(schema.Schema, SchemaConventions.Of(schema), schema.AnyOrder) },
        GrammarConstraint grammar => new AskedConstraint { Grammar = grammar.Grammar },
        RegexConstraint regex => new AskedConstraint { Regex = regex.Pattern },
        ChoiceConstraint choice => new AskedConstraint { Choices = new Texts { Texts_ = { choice.Choices } } },
        ShapeConstraint shape => new AskedConstraint { Shape = Of(shape.Shape) },
        _ => throw new UnsupportedRequestException(
            $"Sending a request to a remote model: expected a constraint that is data, found {constraint.GetType().Name}, which is code and can run only where the model runs. "
            + "Use a JSON schema, a grammar, a regular expression or choices, or load the model in this process."),
    };

    /// <exception cref="InvalidRequestException">It has no known kind, or its schema is not JSON.</exception>
    public static Constraint Of(AskedConstraint constraint) => constraint.KindCase switch
    {
        AskedConstraint.KindOneofCase.JsonSchema => new JsonSchemaConstraint(constraint.JsonSchema.Schema)
        {
            ReadsDescriptions = constraint.JsonSchema.ReadsDescriptions,
            LocalTimes = constraint.JsonSchema.LocalTimes,
            AnyOrder = constraint.JsonSchema.AnyOrder,
        },
        AskedConstraint.KindOneofCase.Grammar => new GrammarConstraint(constraint.Grammar),
        AskedConstraint.KindOneofCase.Regex => new RegexConstraint(constraint.Regex),
        AskedConstraint.KindOneofCase.Choices => new ChoiceConstraint([.. constraint.Choices.Texts_]),
        AskedConstraint.KindOneofCase.Shape => new ShapeConstraint(Of(constraint.Shape)),
        _ => throw Unknown(),
    };

    private static Shape Of(AnswerShape shape) => shape switch
    {
        AnswerShape.Literal(var text) => new Shape { Literal = text },
        AnswerShape.Marker(var text) => new Shape { Marker = text },
        AnswerShape.Json(var schema, var conventions) => new Shape { Json = Of(schema, conventions, anyOrder: false) },
        AnswerShape.Grammar(var text) => new Shape { Grammar = text },
        AnswerShape.Pattern(var regex) => new Shape { Pattern = regex },
        AnswerShape.Prose(var without) => new Shape { Without = new Texts { Texts_ = { without } } },
        AnswerShape.Sequence(var parts) => new Shape { Sequence = new Shape.Types.All { Parts = { parts.Select(Of) } } },
        AnswerShape.Either(var options) => new Shape { Either = new Shape.Types.All { Parts = { options.Select(Of) } } },
        AnswerShape.Repeat repeat => new Shape { Repeat = Of(repeat) },
        _ => throw new InvalidOperationException($"A shape of the unknown kind {shape.GetType().Name}."),
    };

    private static AnswerShape Of(Shape shape) => shape.KindCase switch
    {
        Shape.KindOneofCase.Literal => new AnswerShape.Literal(shape.Literal),
        Shape.KindOneofCase.Marker => new AnswerShape.Marker(shape.Marker),
        Shape.KindOneofCase.Json => new AnswerShape.Json(new JsonSchemaConstraint(shape.Json.Schema).Schema, new(shape.Json.ReadsDescriptions, shape.Json.LocalTimes)),
        Shape.KindOneofCase.Grammar => new AnswerShape.Grammar(shape.Grammar),
        Shape.KindOneofCase.Pattern => new AnswerShape.Pattern(shape.Pattern),
        Shape.KindOneofCase.Without => new AnswerShape.Prose([.. shape.Without.Texts_]),
        Shape.KindOneofCase.Sequence => new AnswerShape.Sequence([.. shape.Sequence.Parts.Select(Of)]),
        Shape.KindOneofCase.Either => new AnswerShape.Either([.. shape.Either.Parts.Select(Of)]),
        Shape.KindOneofCase.Repeat => new AnswerShape.Repeat(
            Of(shape.Repeat.Part ?? throw Unknown()), shape.Repeat.Min, shape.Repeat.HasMax ? shape.Repeat.Max : null, shape.Repeat.Separator),
        _ => throw Unknown(),
    };

    private static Shape.Types.Repeat Of(AnswerShape.Repeat repeat)
    {
        var message = new Shape.Types.Repeat { Part = Of(repeat.Part), Min = repeat.Min, Separator = repeat.Separator };
        if (repeat.Max is { } most)
        {
            message.Max = most;
        }
        return message;
    }

    private static SchemaText Of(JsonElement schema, SchemaConventions conventions, bool anyOrder) => new()
    {
        Schema = schema.ValueKind == JsonValueKind.Undefined ? "" : schema.GetRawText(),
        ReadsDescriptions = conventions.Descriptions,
        LocalTimes = conventions.LocalTimes,
        AnyOrder = anyOrder,
    };

    private static InvalidRequestException Unknown() => new(
        "Reading a call: expected a constraint that is a JSON schema, a grammar, a regular expression, choices or a shape, found another kind. Update this engine, or send one of these.");
}
