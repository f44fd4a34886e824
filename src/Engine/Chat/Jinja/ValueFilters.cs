using System.Numerics;

namespace Engine.Chat.Jinja;

/// <summary>Filters for single values and numbers.</summary>
internal static class ValueFilters
{
    public static readonly Dictionary<string, Filter> All = new(StringComparer.Ordinal)
    {
        ["default"] = new(Default, "default_value", "boolean"),
        ["d"] = new(Default, "default_value", "boolean"),
        ["int"] = new((value, a, _) => ToInt(value, a.FindInteger(1, "base") ?? 10) is { } number ? number : a.Find(0, "default") ?? BigInteger.Zero, "default", "base"),
        ["float"] = new((value, a, _) => ToFloat(value) is { } number ? number : a.Find(0, "default") ?? 0.0, "default"),
        ["abs"] = new((value, _, _) => value is double real ? Math.Abs(real) : BigInteger.Abs(PyType.ToInteger(value) ?? throw PyType.Mistake("abs", "a number", value))),
        ["round"] = new(Round, "precision", "method"),
        ["attr"] = new((value, a, _) => Members.Attribute(value, a.RequireText(0, "name")), "name"),
    };

    private static object Default(object value, Arguments arguments, RenderState state) =>
        value is Undefined || (arguments.IsTrue(1, "boolean") && !PyType.IsTrue(value)) ? arguments.Find(0, "default_value") ?? Text.Empty : value;

    private static BigInteger? ToInt(object value, int radix) => value switch
    {
        Text text => PyType.ParseInteger(text.Value, radix) ?? (PyType.ParseFloat(text.Value) is { } real && double.IsFinite(real) ? new BigInteger(Math.Truncate(real)) : null),
        double real => double.IsFinite(real) ? new BigInteger(Math.Truncate(real)) : null,
        Undefined undefined => throw new JinjaException(undefined.Complaint),
        _ => PyType.ToInteger(value),
    };

    private static double? ToFloat(object value) => value switch
    {
        Text text => PyType.ParseFloat(text.Value),
        Undefined undefined => throw new JinjaException(undefined.Complaint),
        _ => PyType.ToDouble(value),
    };

    private static object Round(object value, Arguments arguments, RenderState state)
    {
        int precision = Math.Clamp(arguments.FindInteger(0, "precision") ?? 0, -300, 300);
        string method = arguments.FindText(1, "method") ?? "common";
        if (value is BigInteger or bool && method == "common" && precision >= 0)
        {
            return PyType.ToInteger(value)!.Value;
        }
        double number = PyType.ToDouble(value) ?? throw PyType.Mistake("round", "a number", value);
        double scale = Math.Pow(10, precision);
        return method switch
        {
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            "common" => Nearest(number, precision, scale),
            _ => throw new JinjaException("method must be common, ceil or floor"),
        };
    }

    // Python rounds the exact decimal value of the float; .NET's fixed format is exact as well.
    private static double Nearest(double number, int precision, double scale) => precision switch
    {
        0 => Math.Round(number, MidpointRounding.ToEven),
        > 0 and <= 15 when double.IsFinite(number) && Math.Abs(number) < 1e15 => Exact(number, precision),
        _ => double.IsFinite(number * scale) ? Math.Round(number * scale, MidpointRounding.ToEven) / scale : number,
    };

    private static double Exact(double number, int precision) =>
        double.Parse(number.ToString("F" + precision, System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
}
