namespace Engine.Chat.Jinja;

/// <summary>Python's <c>str.format</c>: <c>{}</c>, <c>{0}</c>, <c>{name.part[0]!r:spec}</c>.</summary>
internal static class BraceFormat
{
    public static Text Apply(Text format, Arguments arguments, Budget budget)
    {
        var text = new TextBuilder(budget);
        string source = format.Value;
        int next = 0;
        for (int i = 0; i < source.Length;)
        {
            char character = source[i];
            if (character is '{' or '}' && i + 1 < source.Length && source[i + 1] == character)
            {
                text.Append(format.Slice(i, 1));
                i += 2;
            }
            else if (character == '{')
            {
                int end = FieldEnd(source, i);
                text.Append(Field(source[(i + 1)..end], arguments, ref next, budget));
                i = end + 1;
            }
            else
            {
                int end = character == '}' ? throw new JinjaException("single '}' encountered in format string") : source.IndexOfAny(['{', '}'], i);
                end = end < 0 ? source.Length : end;
                text.Append(format.Slice(i, end - i));
                i = end;
            }
        }
        return text.ToText();
    }

    private static int FieldEnd(string source, int start)
    {
        int depth = 0;
        for (int i = start; i < source.Length; i++)
        {
            depth += source[i] == '{' ? 1 : source[i] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }
        throw new JinjaException("single '{' encountered in format string");
    }

    private static Text Field(string field, Arguments arguments, ref int next, Budget budget)
    {
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        string spec = colon < 0 ? "" : field[(colon + 1)..];
        string name = colon < 0 ? field : field[..colon];
        int bang = name.LastIndexOf('!');
        char conversion = bang >= 0 && bang + 1 < name.Length ? name[bang + 1] : '\0';
        name = bang >= 0 ? name[..bang] : name;
        object value = Value(name, arguments, ref next);
        if (spec.Contains('{', StringComparison.Ordinal))
        {
            // A format specification may contain fields, but these may not nest further.
            int inner = next;
            spec = Nested(spec, arguments, ref inner, budget);
            next = inner;
        }
        value = conversion switch { 'r' => PyText.Repr(value, budget), 's' => PyText.Str(value, budget), _ => value };
        return spec.Length == 0 ? PyText.Str(value, budget) : FormatSpec.Parse(spec).Apply(value, budget);
    }

    private static string Nested(string spec, Arguments arguments, ref int next, Budget budget)
    {
        while (spec.IndexOf('{', StringComparison.Ordinal) is var start and >= 0)
        {
            int end = FieldEnd(spec, start);
            string inner = spec[(start + 1)..end];
            if (inner.AsSpan().IndexOfAny('{', ':') >= 0)
            {
                throw new JinjaException("a format specification is nested too deep");
            }
            spec = spec[..start] + PyText.Str(Value(inner, arguments, ref next), budget).Value.Replace("{", "", StringComparison.Ordinal) + spec[(end + 1)..];
        }
        return spec;
    }

    private static object Value(string name, Arguments arguments, ref int next)
    {
        int end = name.AsSpan().IndexOfAny('.', '[');
        string first = end < 0 ? name : name[..end];
        int? place = first.Length == 0 ? next++ : PyType.ParseInteger(first) is { } number ? (int)System.Numerics.BigInteger.Min(number, int.MaxValue) : null;
        object value = place is { } at
            ? at >= 0 && at < arguments.Positional.Count ? arguments.Positional[at] : throw new JinjaException($"format has no argument {at}")
            : arguments.Named.GetValueOrDefault(first) ?? throw new JinjaException($"format has no argument '{first}'");
        string rest = end < 0 ? "" : name[end..];
        while (rest.Length > 0)
        {
            bool isItem = rest[0] == '[';
            int stop = isItem ? rest.IndexOf(']', StringComparison.Ordinal) : rest.AsSpan(1).IndexOfAny('.', '[') is var dot && dot >= 0 ? dot + 1 : rest.Length;
            string part = stop < 1 ? throw new JinjaException("expected ']' in the format string") : rest[1..stop];
            value = isItem ? PyType.ParseInteger(part) is { } index ? Members.Item(value, index) : Members.Item(value, Text.Own(part)) : Members.Attribute(value, part);
            rest = rest[(isItem ? stop + 1 : stop)..];
        }
        return value;
    }
}
