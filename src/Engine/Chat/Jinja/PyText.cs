using System.Globalization;
using System.Numerics;
using System.Text;

namespace Engine.Chat.Jinja;

/// <summary>Python's <c>str</c> and <c>repr</c>.</summary>
internal static class PyText
{
    /// <summary>A value as it is printed.</summary>
    public static Text Str(object value, Budget budget)
    {
        switch (value)
        {
            case Text text:
                return text;
            case Undefined:
                return Text.Empty;
            case List<object> or PyTuple or Mapping or Namespace:
                var repr = new TextBuilder(budget);
                AppendRepr(repr, value);
                return repr.ToText();
            default:
                return Text.Own(Scalar(value));
        }
    }

    /// <summary>A value as Python's <c>repr</c> shows it.</summary>
    public static Text Repr(object value, Budget budget)
    {
        var repr = new TextBuilder(budget);
        AppendRepr(repr, value);
        return repr.ToText();
    }

    /// <summary>Python's shortest form of a float that reads back the same.</summary>
    public static string Float(double number)
    {
        if (!double.IsFinite(number))
        {
            return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }
        (string digits, int exponent) = Digits(number.ToString("R", CultureInfo.InvariantCulture));
        string sign = double.IsNegative(number) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }
        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }
        string whole = digits.PadRight(exponent + 1, '0');
        string rest = whole[(exponent + 1)..];
        return $"{sign}{whole[..(exponent + 1)]}.{(rest.Length > 0 ? rest : "0")}";
    }

    private static void AppendRepr(TextBuilder repr, object value)
    {
        Budget.RequireStack();
        switch (value)
        {
            case Text text:
                repr.Append(Quoted(text.Value), text.IsForeign);
                break;
            case Undefined:
                repr.Append("Undefined");
                break;
            case List<object> list:
                AppendAll(repr, "[", list, "]");
                break;
            case PyTuple tuple:
                AppendAll(repr, "(", tuple.Items, tuple.Items.Length == 1 ? ",)" : ")");
                break;
            case Namespace space:
                repr.Append("<Namespace ");
                AppendPairs(repr, space.Values.Select(pair => KeyValuePair.Create((object)Text.Own(pair.Key), pair.Value)));
                repr.Append(">");
                break;
            case Mapping mapping:
                AppendPairs(repr, mapping);
                break;
            default:
                repr.Append(Scalar(value));
                break;
        }
    }

    private static void AppendAll(TextBuilder repr, string open, IEnumerable<object> items, string close)
    {
        string separator = open;
        foreach (object item in items)
        {
            AppendRepr(repr.Append(separator), item);
            separator = ", ";
        }
        repr.Append(separator == open ? open + close : close);
    }

    private static void AppendPairs(TextBuilder repr, IEnumerable<KeyValuePair<object, object>> pairs)
    {
        string separator = "{";
        foreach ((object key, object value) in pairs)
        {
            AppendRepr(repr.Append(separator), key);
            AppendRepr(repr.Append(": "), value);
            separator = ", ";
        }
        repr.Append(separator == "{" ? "{}" : "}");
    }

    private static string Scalar(object value) => value switch
    {
        None => "None",
        bool truth => truth ? "True" : "False",
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        double number => Float(number),
        Macro macro => $"<Macro {Quoted(macro.Name)}>",
        _ => $"<{PyType.Name(value)}>",
    };

    private static string Quoted(string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var quoted = new StringBuilder().Append(quote);
        foreach (Rune rune in text.EnumerateRunes())
        {
            quoted.Append(rune.Value switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when rune.Value == quote => "\\" + quote,
                _ when IsPrintable(rune) => rune.ToString(),
                < 0x100 => $"\\x{rune.Value:x2}",
                < 0x10000 => $"\\u{rune.Value:x4}",
                _ => $"\\U{rune.Value:x8}",
            });
        }
        return quoted.Append(quote).ToString();
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    // "-1.25E-07" → "125" and -7; "0.001" → "1" and -3; "1200" → "12" and 3.
    private static (string Digits, int Exponent) Digits(string round)
    {
        string[] parts = round.TrimStart('-').Split('E');
        string[] mantissa = parts[0].Split('.');
        string all = string.Concat(mantissa);
        string significant = all.TrimStart('0');
        if (significant.Length == 0)
        {
            return ("0", 0);
        }
        int power = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        return (significant.TrimEnd('0'), power + mantissa[0].Length - 1 - (all.Length - significant.Length));
    }
}
