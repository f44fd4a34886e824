using System.Text;

namespace Engine.Constraints;

/// <summary>Writes a shape as text, so that equal shapes give equal texts.</summary>
internal static class ShapeText
{
    public static string Write(AnswerShape shape)
    {
        var text = new StringBuilder();
        Write(shape, text);
        return text.ToString();
    }

    private static void Write(AnswerShape shape, StringBuilder text)
    {
        switch (shape)
        {
            case AnswerShape.Literal(var literal):
                Add("literal", literal);
                break;
            case AnswerShape.Marker(var marker):
                Add("marker", marker);
                break;
            case AnswerShape.Json(var schema, var reading):
                Add((reading.Descriptions ? "described" : "json") + (reading.LocalTimes ? "-local" : ""), schema.GetRawText());
                break;
            case AnswerShape.Grammar(var grammar):
                Add("grammar", grammar);
                break;
            case AnswerShape.Pattern(var regex):
                Add("pattern", regex);
                break;
            case AnswerShape.Prose(var without):
                Add("prose", string.Join('\0', without));
                break;
            case AnswerShape.Sequence(var parts):
                AddAll("sequence", parts);
                break;
            case AnswerShape.Either(var options):
                AddAll("either", options);
                break;
            case AnswerShape.Repeat(var part, var min, var max, var separator):
                Add("repeat", $"{min} {max} {separator}");
                Write(part, text);
                break;
            default:
                throw new InvalidOperationException($"A shape of the unknown kind {shape.GetType().Name}.");
        }

        void Add(string kind, string value) => text.Append(kind).Append(' ').Append(value.Length).Append(' ').Append(value);

        void AddAll(string kind, IReadOnlyList<AnswerShape> shapes)
        {
            text.Append(kind).Append(' ').Append(shapes.Count).Append(' ');
            foreach (AnswerShape each in shapes)
            {
                Write(each, text);
            }
        }
    }
}
