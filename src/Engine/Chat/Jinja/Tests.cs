using System.Numerics;

namespace Engine.Chat.Jinja;

/// <summary>The tests that may follow <c>is</c>, by name.</summary>
internal static class Tests
{
    public static bool Apply(string name, object value, Arguments arguments, RenderState state)
    {
        string? operand = name switch
        {
            "divisibleby" => "num",
            "in" => "seq",
            "sameas" => "other",
            "eq" or "equalto" or "==" or "ne" or "!=" or "lt" or "lessthan" or "<" or "le" or "<=" or "gt" or "greaterthan" or ">" or "ge" or ">=" => "other",
            _ => null,
        };
        return Holds(name, value, arguments.Expect(name, operand is null ? [] : [operand]), state);
    }

    private static bool Holds(string name, object value, Arguments arguments, RenderState state) => name switch
    {
        "defined" => value is not Undefined,
        "undefined" => value is Undefined,
        "none" => value is None,
        "true" => value is true,
        "false" => value is false,
        "boolean" => value is bool,
        "string" => value is Text,
        "number" => value is bool or BigInteger or double,
        "integer" => value is BigInteger,
        "float" => value is double,
        "mapping" => value is Mapping,
        "iterable" => PyType.TryItems(value) is not null,
        // Anything with a length and items; Jinja's undefined has both.
        "sequence" => value is Text or List<object> or PyTuple or Mapping or Undefined,
        "callable" => value is Callable or Undefined, // an undefined value complains only once it is called
        "escaped" => value is Text { IsSafe: true },
        "lower" => TextCase.IsCased(PyText.Str(value, state.Budget), upper: false),
        "upper" => TextCase.IsCased(PyText.Str(value, state.Budget), upper: true),
        "even" => Remainder(value, new BigInteger(2)) == 0,
        "odd" => Remainder(value, new BigInteger(2)) == 1,
        "divisibleby" => Remainder(value, arguments.Require(0, "num")) == 0,
        "eq" or "equalto" or "==" => PyEquality.Instance.Equals(value, arguments.Require(0, "other")),
        "ne" or "!=" => !PyEquality.Instance.Equals(value, arguments.Require(0, "other")),
        "lt" or "lessthan" or "<" => PyOrder.Compare(value, arguments.Require(0, "other"), "<") < 0,
        "le" or "<=" => PyOrder.Compare(value, arguments.Require(0, "other"), "<=") <= 0,
        "gt" or "greaterthan" or ">" => PyOrder.Compare(value, arguments.Require(0, "other"), ">") > 0,
        "ge" or ">=" => PyOrder.Compare(value, arguments.Require(0, "other"), ">=") >= 0,
        "in" => PyOrder.Contains(arguments.Require(0, "seq"), value, state.Budget),
        "sameas" => value is None or bool ? value.Equals(arguments.Require(0, "other")) : ReferenceEquals(value, arguments.Require(0, "other")),
        "filter" => value is Text filter && Filters.Has(filter.Value),
        _ => throw new JinjaException($"there is no test '{name}'"),
    };

    private static double Remainder(object value, object divisor) => (value, divisor) switch
    {
        (double real, _) => PyOperators.Modulo(real, NotZero(Real(divisor))),
        (_, double real) => PyOperators.Modulo(Real(value), NotZero(real)),
        _ when PyType.ToInteger(value) is { } number && PyType.ToInteger(divisor) is { } by => by.IsZero
            ? throw new JinjaException("modulo by zero") : (double)(((number % by) + by) % by),
        _ => throw PyType.Mistake("a test of divisibility", "a number", PyType.ToInteger(value) is null ? value : divisor),
    };

    private static double Real(object value) => value is double real ? real
        : (double)(PyType.ToInteger(value) ?? throw PyType.Mistake("a test of divisibility", "a number", value));

    private static double NotZero(double divisor) => divisor == 0 ? throw new JinjaException("modulo by zero") : divisor;
}
