using System.Text.RegularExpressions;

namespace Engine.Chat.Jinja;

/// <summary>Python's <c>"%s and %d" % (a, b)</c>, which is also the filter <c>format</c>.</summary>
internal static partial class PercentFormat
{
    public static Text Apply(Text format, object values, Budget budget)
    {
        object[] items = values is PyTuple tuple ? tuple.Items : [values];
        var text = new TextBuilder(budget);
        int next = 0;
        int start = 0;
        string source = format.Value;
        for (Match match = Field().Match(source); match.Success; match = match.NextMatch())
        {
            text.Append(format.Slice(start, match.Index - start));
            start = match.Index + match.Length;
            char kind = match.Groups["kind"].Value[0];
            if (kind == '%')
            {
                text.Append("%");
                continue;
            }
            object value = match.Groups["key"].Success
                ? Members.Item(values as Mapping ?? throw new JinjaException("format requires a mapping"), Text.Own(match.Groups["key"].Value))
                : next < items.Length ? items[next++] : throw new JinjaException("not enough arguments for format string");
            text.Append(One(match, kind, value, budget));
        }
        if (source.IndexOf('%', start) >= 0)
        {
            throw new JinjaException("unsupported format character after '%'");
        }
        if (next < items.Length && values is not Mapping && (values is PyTuple || next == 0))
        {
            throw new JinjaException("not all arguments converted during string formatting");
        }
        return text.Append(format.Slice(start, source.Length - start)).ToText();
    }

    private static Text One(Match match, char kind, object value, Budget budget)
    {
        string flags = match.Groups["flags"].Value;
        string width = match.Groups["width"].Value;
        string precision = match.Groups["precision"].Success ? "." + match.Groups["precision"].Value : "";
        string align = flags.Contains('-', StringComparison.Ordinal) ? "<" : kind is 's' or 'r' or 'c' || !flags.Contains('0', StringComparison.Ordinal) ? ">" : "0=";
        string sign = flags.Contains('+', StringComparison.Ordinal) ? "+" : flags.Contains(' ', StringComparison.Ordinal) ? " " : "";
        string hash = flags.Contains('#', StringComparison.Ordinal) ? "#" : "";
        switch (kind)
        {
            case 's' or 'r':
                return FormatSpec.Parse($"{align}{width}{precision}").Apply(kind == 's' ? PyText.Str(value, budget) : PyText.Repr(value, budget), budget);
            case 'd' or 'i' or 'u':
                object whole = value is double real ? new System.Numerics.BigInteger(Math.Truncate(real)) : PyType.ToInteger(value) ?? throw PyType.Mistake("%d", "a number", value);
                return FormatSpec.Parse($"{align}{sign}{width}d").Apply(whole, budget);
            case 'x' or 'X' or 'o':
                return FormatSpec.Parse($"{align}{sign}{hash}{width}{kind}").Apply(PyType.ToInteger(value) ?? throw PyType.Mistake($"%{kind}", "an integer", value), budget);
            case 'c':
                return value is Text ? FormatSpec.Parse($"{align}{width}").Apply(value, budget)
                    : FormatSpec.Parse($"{align}{width}c").Apply(PyType.ToInteger(value) ?? throw PyType.Mistake("%c", "a character", value), budget);
            default:
                return FormatSpec.Parse($"{align}{sign}{width}{(precision.Length == 0 ? ".6" : precision)}{kind}")
                    .Apply(PyType.ToDouble(value) ?? throw PyType.Mistake($"%{kind}", "a number", value), budget);
        }
    }

    [GeneratedRegex(@"%(?:\((?<key>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>\d*)(?:\.(?<precision>\d+))?(?<kind>[sdiurxXofFeEgGc%])")]
    private static partial Regex Field();
}
