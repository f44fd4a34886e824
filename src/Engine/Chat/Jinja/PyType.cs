using System.Globalization;
using System.Numerics;

namespace Engine.Chat.Jinja;

/// <summary>Python's names of types, truth, length, numbers and iteration.</summary>
internal static class PyType
{
    public static string Name(object value) => value switch
    {
        Text => "str",
        bool => "bool",
        BigInteger => "int",
        double => "float",
        None => "NoneType",
        List<object> => "list",
        PyTuple => "tuple",
        Mapping => "dict",
        Jinja.Undefined => "Undefined",
        Callable => "function",
        _ => value.GetType().Name,
    };

    public static bool IsTrue(object value) => value switch
    {
        bool truth => truth,
        Text text => text.Value.Length > 0,
        BigInteger number => !number.IsZero,
        double number => number != 0,
        None or Jinja.Undefined => false,
        List<object> list => list.Count > 0,
        PyTuple tuple => tuple.Items.Length > 0,
        Mapping mapping => mapping.Count > 0,
        _ => true,
    };

    /// <summary>Python's <c>len</c>, or null if there is none.</summary>
    public static int? Length(object value) => value switch
    {
        Text text => text.Length,
        List<object> list => list.Count,
        PyTuple tuple => tuple.Items.Length,
        Mapping mapping => mapping.Count,
        Jinja.Undefined => 0,
        LoopState loop => loop.Length,
        _ => null,
    };

    /// <summary>The items of a loop, as a snapshot, so that the body may change the sequence it loops over.</summary>
    public static List<object> Items(object value, Budget budget)
    {
        List<object> items = TryItems(value) ?? throw (value is Undefined undefined
            ? new JinjaException(undefined.Complaint) : new JinjaException($"'{Name(value)}' object is not iterable"));
        budget.Spend(items.Count);
        return items;
    }

    /// <summary>The items, or null if the value has none.</summary>
    public static List<object>? TryItems(object value) => value switch
    {
        List<object> list => [.. list],
        PyTuple tuple => [.. tuple.Items],
        Mapping mapping => [.. mapping.Keys],
        Text text => [.. text.CodePoints()],
        Jinja.Undefined => [],
        _ => null,
    };

    /// <summary>An integer used as a position or a count. A bool counts as one, as in Python.</summary>
    public static int Index(object value, string what) => value switch
    {
        bool truth => truth ? 1 : 0,
        // All positions beyond a list's length are equivalent.
        BigInteger number => (int)BigInteger.Max(-int.MaxValue, BigInteger.Min(number, int.MaxValue)),
        _ => throw Mistake(what, "an integer", value),
    };

    public static Text RequireText(object value, string what) => value as Text ?? throw Mistake(what, "a string", value);

    public static JinjaException Mistake(string what, string expected, object found) =>
        new(found is Undefined undefined ? undefined.Complaint : $"{what}: expected {expected}, found {Name(found)}");

    public static object Int(long number) => new BigInteger(number);

    public static Undefined Undefined(string complaint) => new(complaint);

    /// <summary>A number's value as a double; null for anything else.</summary>
    public static double? ToDouble(object value) => value switch
    {
        bool truth => truth ? 1 : 0,
        BigInteger number => (double)number,
        double number => number,
        _ => null,
    };

    /// <summary>An integer, or a bool as one; null for anything else.</summary>
    public static BigInteger? ToInteger(object value) => value switch
    {
        bool truth => truth ? BigInteger.One : BigInteger.Zero,
        BigInteger number => number,
        _ => null,
    };

    /// <summary>Python's <c>int(text)</c>, or null.</summary>
    public static BigInteger? ParseInteger(string text, int radix = 10)
    {
        string digits = text.Trim().Replace("_", "", StringComparison.Ordinal);
        bool negative = digits.StartsWith('-');
        digits = digits.TrimStart('+', '-');
        string prefix = radix switch { 16 => "0x", 8 => "0o", 2 => "0b", _ => "\0" };
        digits = digits.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
        if (digits.Length is 0 or > 4000)
        {
            return null;
        }
        BigInteger value = 0;
        foreach (char c in digits)
        {
            int digit = char.IsDigit(c) ? CharUnicodeInfo.GetDecimalDigitValue(c) : char.IsAsciiLetter(c) ? (c | 0x20) - 'a' + 10 : int.MaxValue;
            if (digit >= radix)
            {
                return null;
            }
            value = (value * radix) + digit;
        }
        return negative ? -value : value;
    }

    /// <summary>Python's <c>float(text)</c>, or null.</summary>
    public static double? ParseFloat(string text) =>
        double.TryParse(text.Trim().Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
}
