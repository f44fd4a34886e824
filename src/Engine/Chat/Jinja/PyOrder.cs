using System.Numerics;

namespace Engine.Chat.Jinja;

/// <summary>Python's ordering of values, and membership.</summary>
internal static class PyOrder
{
    /// <summary>Compares two values: negative, 0 or positive.</summary>
    /// <exception cref="JinjaException">The two cannot be ordered.</exception>
    public static int Compare(object a, object b, string operation)
    {
        Budget.RequireStack();
        return (a, b) switch
        {
            (Text x, Text y) => CompareCodePoints(x.Value, y.Value),
            (List<object> x, List<object> y) => CompareItems(x, y, operation),
            (PyTuple x, PyTuple y) => CompareItems(x.Items, y.Items, operation),
            _ when PyType.ToInteger(a) is { } x && PyType.ToInteger(b) is { } y => BigInteger.Compare(x, y),
            _ when PyType.ToDouble(a) is { } x && PyType.ToDouble(b) is { } y => x < y ? -1 : x > y ? 1 : 0,
            (Undefined undefined, _) => throw new JinjaException(undefined.Complaint),
            (_, Undefined undefined) => throw new JinjaException(undefined.Complaint),
            _ => throw new JinjaException($"'{operation}' not supported between instances of '{PyType.Name(a)}' and '{PyType.Name(b)}'"),
        };
    }

    /// <summary>Python's <c>item in container</c>.</summary>
    public static bool Contains(object container, object item, Budget budget)
    {
        if (container is Text text)
        {
            budget.SpendOnText(text.Value.Length / 16);
            return item is Undefined missing ? throw new JinjaException(missing.Complaint)
                : text.Value.Contains((item as Text ?? throw new JinjaException($"'in <string>' requires string as left operand, not {PyType.Name(item)}")).Value, StringComparison.Ordinal);
        }
        if (container is Mapping mapping)
        {
            return mapping.ContainsKey(item);
        }
        budget.Spend(PyType.Length(container) ?? 1);
        IEnumerable<object> items = container as List<object> ?? PyType.TryItems(container)
            ?? throw new JinjaException($"argument of type '{PyType.Name(container)}' is not iterable");
        return items.Contains(item, PyEquality.Instance);
    }

    // UTF-16 order differs from code point order for surrogates and characters from U+E000 on.
    private static int CompareCodePoints(string a, string b)
    {
        int same = a.AsSpan().CommonPrefixLength(b);
        if (same == a.Length || same == b.Length)
        {
            return a.Length - b.Length;
        }
        bool highA = char.IsSurrogate(a[same]);
        bool highB = char.IsSurrogate(b[same]);
        return highA == highB ? a[same] - b[same] : highA ? 1 : -1;
    }

    private static int CompareItems(IReadOnlyList<object> a, IReadOnlyList<object> b, string operation)
    {
        for (int i = 0; i < Math.Min(a.Count, b.Count); i++)
        {
            if (!PyEquality.Instance.Equals(a[i], b[i]))
            {
                return Compare(a[i], b[i], operation);
            }
        }
        return a.Count - b.Count;
    }
}
