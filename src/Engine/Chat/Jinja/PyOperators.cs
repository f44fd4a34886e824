using System.Numerics;

namespace Engine.Chat.Jinja;

/// <summary>Python's operators between two values.</summary>
internal static class PyOperators
{
    /// <summary>The maximum size of a number. Larger ones have no use in a template and could exhaust the memory.</summary>
    private const int MaxBits = 4096;

    public static object Apply(string operation, object a, object b, RenderState state) => (operation, a, b) switch
    {
        ("%", Text format, _) => PercentFormat.Apply(format, b, state.Budget),
        ("+", Text { IsSafe: true } x, Text y) => Plain(x, TextFilters.Escape(y, state.Budget), state).AsSafe(),
        ("+", Text x, Text { IsSafe: true } y) => Plain(TextFilters.Escape(x, state.Budget), y, state).AsSafe(),
        ("+", Text x, Text y) => Plain(x, y, state),
        ("+", List<object> x, List<object> y) => Joined(x, y, state.Budget),
        ("+", PyTuple x, PyTuple y) => new PyTuple([.. Joined(x.Items, y.Items, state.Budget)]),
        ("*", Text or List<object> or PyTuple, _) when PyType.ToInteger(b) is not null => Repeat(a, PyType.Index(b, "*"), state.Budget),
        ("*", _, Text or List<object> or PyTuple) when PyType.ToInteger(a) is not null => Repeat(b, PyType.Index(a, "*"), state.Budget),
        _ when PyType.ToInteger(a) is { } x && PyType.ToInteger(b) is { } y => OfIntegers(operation, x, y),
        _ when PyType.ToDouble(a) is { } x && PyType.ToDouble(b) is { } y => OfDoubles(operation, x, y),
        (_, Undefined undefined, _) => throw new JinjaException(undefined.Complaint),
        (_, _, Undefined undefined) => throw new JinjaException(undefined.Complaint),
        ("+", Text, _) => throw new JinjaException($"can only concatenate str (not \"{PyType.Name(b)}\") to str"),
        _ => throw new JinjaException($"unsupported operand type(s) for {operation}: '{PyType.Name(a)}' and '{PyType.Name(b)}'"),
    };

    public static object Negate(object value) =>
        PyType.ToInteger(value) is { } number ? -number
        : value is double real ? -real
        : throw PyType.Mistake("unary -", "a number", value);

    public static object Positive(object value) =>
        PyType.ToInteger(value) is { } number ? number
        : value is double ? value
        : throw PyType.Mistake("unary +", "a number", value);

    private static object OfIntegers(string operation, BigInteger a, BigInteger b) => operation switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => Bounded(a.GetBitLength() + b.GetBitLength()) ? a * b : 0,
        "/" => (double)a / (double)NotZero(b),
        "//" => FloorDivide(a, NotZero(b)),
        "%" => a - (FloorDivide(a, NotZero(b)) * b),
        "**" => b < 0 ? Math.Pow((double)a, (double)b)
            : BigInteger.Abs(a) <= 1 || Bounded((long)BigInteger.Min(b, MaxBits + 1) * a.GetBitLength()) ? BigInteger.Pow(a, (int)BigInteger.Min(b, MaxBits + (b.IsEven ? 0 : 1))) : 0,
        _ => throw new JinjaException($"unknown operator {operation}"),
    };

    private static double OfDoubles(string operation, double a, double b) => operation switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / NotZero(b),
        "//" => Math.Round((a - Modulo(a, NotZero(b))) / b), // an integer, except for rounding errors
        "%" => Modulo(a, NotZero(b)),
        "**" => Math.Pow(a, b),
        _ => throw new JinjaException($"unknown operator {operation}"),
    };

    /// <summary>Python's remainder, which has the divisor's sign.</summary>
    public static double Modulo(double a, double b)
    {
        double remainder = a % b;
        return remainder != 0 && remainder < 0 != b < 0 ? remainder + b : remainder;
    }

    private static BigInteger FloorDivide(BigInteger a, BigInteger b)
    {
        var quotient = BigInteger.DivRem(a, b, out BigInteger remainder);
        return !remainder.IsZero && (remainder.Sign != b.Sign) ? quotient - 1 : quotient;
    }

    private static BigInteger NotZero(BigInteger divisor) => divisor.IsZero ? throw new JinjaException("division by zero") : divisor;

    private static double NotZero(double divisor) => divisor == 0 ? throw new JinjaException("division by zero") : divisor;

    private static bool Bounded(long bits) => bits <= MaxBits ? true : throw new JinjaException($"a number of more than {MaxBits} bits");

    private static List<object> Joined(IReadOnlyCollection<object> a, IReadOnlyCollection<object> b, Budget budget)
    {
        budget.Spend((long)a.Count + b.Count);
        return [.. a, .. b];
    }

    private static Text Plain(Text a, Text b, RenderState state) => new TextBuilder(state.Budget).Append(a).Append(b).ToText();

    private static object Repeat(object value, int count, Budget budget)
    {
        count = Math.Max(0, count);
        if (value is Text text)
        {
            budget.SpendOnText((long)text.Value.Length * count); // before anything is allocated
            var repeated = new TextBuilder(budget);
            for (int i = 0; i < count && text.Value.Length > 0; i++)
            {
                repeated.Append(text);
            }
            return repeated.ToText();
        }
        object[] items = value is PyTuple tuple ? tuple.Items : [.. (List<object>)value];
        budget.Spend((long)items.Length * count);
        List<object> all = [.. Enumerable.Repeat(items, items.Length == 0 ? 0 : count).SelectMany(part => part)];
        return value is PyTuple ? new PyTuple([.. all]) : all;
    }
}
