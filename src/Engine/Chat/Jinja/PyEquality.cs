using System.Numerics;

namespace Engine.Chat.Jinja;

/// <summary>Python's <c>==</c>.</summary>
internal sealed class PyEquality : IEqualityComparer<object>
{
    public static readonly PyEquality Instance = new();

    public new bool Equals(object? x, object? y)
    {
        Budget.RequireStack();
        return (x, y) switch
        {
            (Text a, Text b) => a.Value == b.Value,
            (List<object> a, List<object> b) => a.Count == b.Count && a.SequenceEqual(b, this),
            (PyTuple a, PyTuple b) => a.Items.SequenceEqual(b.Items, this),
            (Mapping a, Mapping b) => a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out object? value) && Equals(pair.Value, value)),
            (Undefined, Undefined) => true,
            _ when Number(x) is { } a && Number(y) is { } b => a.Equals(b),
            _ => ReferenceEquals(x, y),
        };
    }

    public int GetHashCode(object obj) => obj switch
    {
        Text text => text.GetHashCode(),
        PyTuple tuple => tuple.Items.Aggregate(17, (hash, item) => (hash * 31) + GetHashCode(item)),
        List<object> or Mapping => throw new JinjaException($"unhashable type: '{PyType.Name(obj)}'"),
        _ => Number(obj)?.GetHashCode() ?? System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj),
    };

    // Whole numbers as one type whatever they were; others as double.
    private static object? Number(object? value) => value switch
    {
        bool truth => truth ? BigInteger.One : BigInteger.Zero,
        BigInteger => value,
        double number when double.IsInteger(number) => new BigInteger(number),
        double => value,
        _ => null,
    };
}
