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
            (List<object> a, List<object> b) => AreEqual(a, b),
            (PyTuple a, PyTuple b) => AreEqual(a.Items, b.Items),
            (Mapping a, Mapping b) => AreEqual(a, b),
            (Undefined, Undefined) => true,
            _ when Number(x) is { } a && Number(y) is { } b => a.Equals(b),
            _ => ReferenceEquals(x, y),
        };
    }

    public int GetHashCode(object obj) => obj switch
    {
        Text text => text.GetHashCode(),
        PyTuple tuple => HashOf(tuple.Items),
        List<object> or Mapping => throw new JinjaException($"unhashable type: '{PyType.Name(obj)}'"),
        _ => Number(obj)?.GetHashCode() ?? System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj),
    };

    private bool AreEqual(IReadOnlyList<object> a, IReadOnlyList<object> b)
    {
        if (a.Count != b.Count)
        {
            return false;
        }
        Budget.SpendOnComparison(a.Count);
        return a.SequenceEqual(b, this);
    }

    private bool AreEqual(Mapping a, Mapping b)
    {
        if (a.Count != b.Count)
        {
            return false;
        }
        Budget.SpendOnComparison(2 * a.Count); // a key is looked up, and a value compared
        return a.All(pair => b.TryGetValue(pair.Key, out object? value) && Equals(pair.Value, value));
    }

    private int HashOf(object[] items)
    {
        Budget.RequireStack();
        Budget.SpendOnComparison(items.Length);
        return items.Aggregate(17, (hash, item) => (hash * 31) + GetHashCode(item));
    }

    // Numbers with integer values as one type, whatever they were; others as double.
    private static object? Number(object? value) => value switch
    {
        bool truth => truth ? BigInteger.One : BigInteger.Zero,
        BigInteger => value,
        double number when double.IsInteger(number) => new BigInteger(number),
        double => value,
        _ => null,
    };
}
