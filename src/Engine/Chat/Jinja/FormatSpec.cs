using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Engine.Chat.Jinja;

/// <summary>Python's format specifications, such as <c>&gt;10</c>, <c>05d</c> or <c>.2f</c>.</summary>
internal sealed partial class FormatSpec
{
    private const int Widest = 10_000;

    private FormatSpec(Match match)
    {
        Fill = match.Groups["fill"].Value is { Length: > 0 } fill ? fill : match.Groups["zero"].Success ? "0" : " ";
        Align = match.Groups["align"].Value is { Length: > 0 } align ? align[0] : match.Groups["zero"].Success ? '=' : '\0';
        Sign = match.Groups["sign"].Value is { Length: > 0 } sign ? sign[0] : '-';
        Prefixed = match.Groups["hash"].Success;
        Width = Number(match.Groups["width"].Value) ?? 0;
        Grouping = match.Groups["group"].Value;
        Precision = Number(match.Groups["precision"].Value);
        Kind = match.Groups["kind"].Value is { Length: > 0 } kind ? kind[0] : '\0';
    }

    public string Fill { get; }

    /// <summary><c>&lt;</c>, <c>&gt;</c>, <c>^</c>, <c>=</c> (blanks after the sign), or nothing.</summary>
    public char Align { get; init; }

    public char Sign { get; }

    public bool Prefixed { get; }

    public int Width { get; }

    public string Grouping { get; }

    public int? Precision { get; }

    public char Kind { get; init; }

    public static FormatSpec Parse(string spec) =>
        Pattern().Match(spec) is { Success: true } match ? new FormatSpec(match) : throw new JinjaException($"invalid format specifier '{spec}'");

    /// <summary>Formats a value.</summary>
    public Text Apply(object value, Budget budget) => value switch
    {
        BigInteger or double => Text.Own(Pad(OfNumber(value))),
        bool when Kind != '\0' && Kind != 's' => Text.Own(Pad(OfNumber(PyType.ToInteger(value)!.Value))),
        Undefined undefined when Width > 0 || Kind != '\0' => throw new JinjaException(undefined.Complaint),
        _ when Kind is '\0' or 's' => OfText(PyText.Str(value, budget), budget),
        _ => throw new JinjaException($"unknown format code '{Kind}' for object of type '{PyType.Name(value)}'"),
    };

    private Text OfText(Text text, Budget budget)
    {
        Text cut = Precision is { } most && most < text.Length ? text.Slice(0, text.Offset(most)) : text;
        return StringMethods.Pad(cut, Width, Text.Own(Fill), Align switch { '>' or '=' => 1, '^' => 0.5, _ => 0 }, budget);
    }

    private string Pad((string Sign, string Digits) number)
    {
        int missing = Math.Max(0, Width - number.Sign.Length - number.Digits.Length);
        string blanks = string.Concat(Enumerable.Repeat(Fill, missing));
        return Align switch
        {
            '<' => number.Sign + number.Digits + blanks,
            '^' => blanks[..(missing / 2)] + number.Sign + number.Digits + blanks[(missing / 2)..],
            '=' => number.Sign + blanks + number.Digits,
            _ => blanks + number.Sign + number.Digits,
        };
    }

    private (string Sign, string Digits) OfNumber(object value)
    {
        bool negative = value is BigInteger whole ? whole.Sign < 0 : double.IsNegative((double)value);
        string sign = negative ? "-" : Sign == '-' ? "" : Sign.ToString();
        return value is BigInteger number && Kind is '\0' or 'd' or 'n' or 'x' or 'X' or 'o' or 'b' or 'c'
            ? Whole(sign, value as BigInteger? ?? throw new JinjaException($"unknown format code '{Kind}' for object of type 'float'"))
            : (sign, Real(Math.Abs(PyType.ToDouble(value)!.Value)));
    }

    private (string Sign, string Digits) Whole(string sign, BigInteger value)
    {
        var size = BigInteger.Abs(value);
        return Kind switch
        {
            'x' => (sign + (Prefixed ? "0x" : ""), Radix(size, 16)),
            'X' => (sign + (Prefixed ? "0X" : ""), Radix(size, 16).ToUpperInvariant()),
            'o' => (sign + (Prefixed ? "0o" : ""), Radix(size, 8)),
            'b' => (sign + (Prefixed ? "0b" : ""), Radix(size, 2)),
            'c' => ("", char.ConvertFromUtf32((int)size)),
            _ => (sign, Grouped(size.ToString(CultureInfo.InvariantCulture))),
        };
    }

    private string Real(double size)
    {
        int precision = Precision ?? 6;
        switch (Kind)
        {
            case 'f' or 'F':
                return Grouped(size.ToString("F" + precision, CultureInfo.InvariantCulture));
            case '%':
                return Grouped((size * 100).ToString("F" + precision, CultureInfo.InvariantCulture)) + "%";
            case 'e' or 'E':
                return Exponential(size, precision);
            case '\0' when Precision is null:
                return Grouped(PyText.Float(size));
            default:
                return General(size, Math.Max(1, precision));
        }
    }

    // Python's g counts significant digits, and writes an exponent that is below -4 or at least the number of digits.
    private string General(double size, int digits)
    {
        string exponential = size.ToString("E" + (digits - 1), CultureInfo.InvariantCulture);
        int exponent = int.Parse(exponential[(exponential.IndexOf('E', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= digits)
        {
            string[] parts = Exponential(size, digits - 1).Split('e', 'E');
            return $"{TrimZeros(parts[0])}{(Kind == 'G' ? 'E' : 'e')}{parts[1]}";
        }
        string plain = TrimZeros(size.ToString("F" + Math.Max(0, digits - 1 - exponent), CultureInfo.InvariantCulture));
        return Grouped(Kind == '\0' && !plain.Contains('.', StringComparison.Ordinal) ? plain + ".0" : plain);
    }

    private string Exponential(double size, int precision)
    {
        string[] parts = size.ToString("E" + precision, CultureInfo.InvariantCulture).Split('E');
        int exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{parts[0]}{(Kind is 'E' ? 'E' : 'e')}{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    private string Grouped(string digits)
    {
        if (Grouping.Length == 0)
        {
            return digits;
        }
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? digits : digits[..point];
        for (int i = whole.Length - 3; i > 0; i -= 3)
        {
            whole = whole.Insert(i, Grouping);
        }
        return point < 0 ? whole : whole + digits[point..];
    }

    private static string TrimZeros(string digits) => digits.Contains('.', StringComparison.Ordinal) ? digits.TrimEnd('0').TrimEnd('.') : digits;

    private static string Radix(BigInteger size, int radix)
    {
        var digits = new Stack<char>();
        do
        {
            digits.Push("0123456789abcdef"[(int)(size % radix)]);
            size /= radix;
        }
        while (!size.IsZero);
        return string.Concat(digits);
    }

    private static int? Number(string digits) => digits.Length == 0 ? null
        : int.TryParse(digits, CultureInfo.InvariantCulture, out int number) && number <= Widest ? number
        : throw new JinjaException($"a format of more than {Widest} characters");

    [GeneratedRegex(@"^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<hash>#)?(?<zero>0)?(?<width>\d+)?(?<group>[,_])?(?:\.(?<precision>\d+))?(?<kind>[a-zA-Z%])?$", RegexOptions.Singleline)]
    private static partial Regex Pattern();
}
