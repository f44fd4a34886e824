using System.Numerics;

namespace Engine.Chat.Jinja;

/// <summary>Filters over sequences. Some of Jinja's are lazy; here all return lists.</summary>
internal static class SequenceFilters
{
    public static readonly Dictionary<string, Filter> All = new(StringComparer.Ordinal)
    {
        ["length"] = new(Length),
        ["count"] = new(Length),
        ["list"] = new((value, _, state) => PyType.Items(value, state.Budget)),
        ["first"] = new((value, _, state) => PyType.Items(value, state.Budget) is [var first, ..] ? first : PyType.Undefined("No first item, sequence was empty.")),
        ["last"] = new((value, _, state) => PyType.Items(value, state.Budget) is [.., var last] ? last : PyType.Undefined("No last item, sequence was empty.")),
        ["join"] = new(Join, "d", "attribute"),
        ["items"] = new((value, _, state) => value is Undefined ? new List<object>()
            : MappingMethods.Pairs(value as Mapping ?? throw new JinjaException("Can only get item pairs from a mapping."), state.Budget)),
        ["dictsort"] = new(DictSort, "case_sensitive", "by", "reverse"),
        ["reverse"] = new((value, _, state) => Reverse(value, state.Budget)),
        ["sort"] = new((value, a, state) => Sorted(PyType.Items(value, state.Budget), Key(a.Find(2, "attribute"), a.IsTrue(1, "case_sensitive"), state), a.IsFlag(0, "reverse")), "reverse", "case_sensitive", "attribute"),
        ["unique"] = new(Unique, "case_sensitive", "attribute"),
        ["min"] = new((value, a, state) => Extreme(value, a, state, -1), "case_sensitive", "attribute"),
        ["max"] = new((value, a, state) => Extreme(value, a, state, 1), "case_sensitive", "attribute"),
        ["sum"] = new((value, a, state) => PyType.Items(value, state.Budget)
            .Select(item => a.Find(0, "attribute") is { } path and not None ? Members.Path(item, path) : item)
            .Aggregate(a.Find(1, "start") ?? BigInteger.Zero, (sum, item) => PyOperators.Apply("+", sum, item, state)), "attribute", "start"),
        ["map"] = new(Map) { TakesAny = true },
        ["select"] = new((value, a, state) => Select(value, a, state, attribute: false, keeps: true)) { TakesAny = true },
        ["reject"] = new((value, a, state) => Select(value, a, state, attribute: false, keeps: false)) { TakesAny = true },
        ["selectattr"] = new((value, a, state) => Select(value, a, state, attribute: true, keeps: true)) { TakesAny = true },
        ["rejectattr"] = new((value, a, state) => Select(value, a, state, attribute: true, keeps: false)) { TakesAny = true },
        ["groupby"] = new(GroupBy, "attribute", "default", "case_sensitive"),
        ["batch"] = new((value, a, state) => Batch(PyType.Items(value, state.Budget), PyType.Index(a.Require(0, "linecount"), "linecount"), a.Find(1, "fill_with")), "linecount", "fill_with"),
        ["slice"] = new((value, a, state) => Slice(PyType.Items(value, state.Budget), PyType.Index(a.Require(0, "slices"), "slices"), a.Find(1, "fill_with"), state.Budget), "slices", "fill_with"),
    };

    private static object Length(object value, Arguments arguments, RenderState state) =>
        PyType.Length(value) is { } length ? PyType.Int(length) : throw new JinjaException($"object of type '{PyType.Name(value)}' has no len()");

    private static Text Join(object value, Arguments arguments, RenderState state)
    {
        Text separator = PyText.Str(arguments.Find(0, "d") ?? Text.Empty, state.Budget);
        object? path = arguments.Find(1, "attribute");
        IEnumerable<object> items = PyType.Items(value, state.Budget)
            .Select(item => (object)PyText.Str(path is null or None ? item : Members.Path(item, path), state.Budget));
        return StringMethods.Join(separator, items.ToList(), state.Budget);
    }

    private static object Reverse(object value, Budget budget)
    {
        List<object> items = PyType.Items(value, budget);
        items.Reverse();
        return value is Text ? items.Aggregate(new TextBuilder(budget), (text, item) => text.Append((Text)item)).ToText() : items;
    }

    private static List<object> DictSort(object value, Arguments arguments, RenderState state)
    {
        int part = (arguments.FindText(1, "by") ?? "key") switch { "key" => 0, "value" => 1, _ => throw new JinjaException("dictsort: by is 'key' or 'value'") };
        List<object> pairs = MappingMethods.Pairs(value as Mapping ?? throw PyType.Mistake("dictsort", "a mapping", value), state.Budget);
        Func<object, object> folded = Key(null, arguments.IsTrue(0, "case_sensitive"), state);
        return Sorted(pairs, pair => folded(((PyTuple)pair).Items[part]), arguments.IsFlag(2, "reverse"));
    }

    private static List<object> Unique(object value, Arguments arguments, RenderState state)
    {
        Func<object, object> key = Key(arguments.Find(1, "attribute"), arguments.IsTrue(0, "case_sensitive"), state);
        var seen = new HashSet<object>(PyEquality.Instance);
        return PyType.Items(value, state.Budget).FindAll(item => seen.Add(key(item)));
    }

    private static object Extreme(object value, Arguments arguments, RenderState state, int sign)
    {
        Func<object, object> key = Key(arguments.Find(1, "attribute"), arguments.IsTrue(0, "case_sensitive"), state);
        List<object> items = PyType.Items(value, state.Budget);
        return items.Count == 0 ? PyType.Undefined("No aggregated item, sequence was empty.")
            : items.Aggregate((best, item) => PyOrder.Compare(key(item), key(best), "<") * sign > 0 ? item : best);
    }

    private static List<object> Map(object value, Arguments arguments, RenderState state)
    {
        List<object> items = ItemsOrNone(value, state.Budget);
        if (arguments.Positional.Count == 0 && arguments.Named.TryGetValue("attribute", out object? path))
        {
            object? otherwise = arguments.Named.GetValueOrDefault("default");
            return items.ConvertAll(item => Members.Path(item, path) is var found && found is Undefined && otherwise is not null ? otherwise : found);
        }
        string filter = arguments.FindText(0, "filter") ?? throw new JinjaException("map requires a filter argument");
        Arguments rest = arguments.Skip(1);
        return items.ConvertAll(item => Filters.Apply(filter, item, rest, state));
    }

    private static List<object> Select(object value, Arguments arguments, RenderState state, bool attribute, bool keeps)
    {
        int first = attribute ? 1 : 0;
        object? path = attribute ? arguments.Require(0, "attribute") : null;
        string? test = arguments.FindText(first, "test");
        Arguments rest = arguments.Skip(first + 1);
        return ItemsOrNone(value, state.Budget).FindAll(item =>
        {
            object tested = path is null ? item : Members.Path(item, path);
            return keeps == (test is null ? PyType.IsTrue(tested) : Tests.Apply(test, tested, rest, state));
        });
    }

    // These filters first test for truth, so None counts as an empty sequence and is not an error.
    private static List<object> ItemsOrNone(object value, Budget budget) => PyType.IsTrue(value) ? PyType.Items(value, budget) : [];

    private static List<object> GroupBy(object value, Arguments arguments, RenderState state)
    {
        object path = arguments.Require(0, "attribute");
        object? otherwise = arguments.Find(1, "default");
        Func<object, object> folded = Key(null, arguments.IsTrue(2, "case_sensitive"), state);
        List<object> items = Sorted(PyType.Items(value, state.Budget), item => folded(Grouper(item)), reverse: false);
        var groups = new List<object>();
        foreach (object item in items)
        {
            if (groups.Count == 0 || !PyEquality.Instance.Equals(folded(((PyTuple)groups[^1]).Items[0]), folded(Grouper(item))))
            {
                groups.Add(new PyTuple(Grouper(item), new List<object>()));
            }
            ((List<object>)((PyTuple)groups[^1]).Items[1]).Add(item);
        }
        return groups;

        object Grouper(object item) => Members.Path(item, path) is var found && found is Undefined && otherwise is not null ? otherwise : found;
    }

    private static List<object> Batch(List<object> items, int count, object? fill)
    {
        List<object> batches = [.. items.Chunk(Math.Max(1, count)).Select(chunk => (object)chunk.ToList())];
        if (fill is not (null or None) && batches is [.., List<object> last])
        {
            last.AddRange(Enumerable.Repeat(fill, Math.Max(0, Math.Min(count, 100_000) - last.Count)));
        }
        return batches;
    }

    private static List<object> Slice(List<object> items, int count, object? fill, Budget budget)
    {
        count = Math.Max(1, count);
        budget.Spend(count);
        var slices = new List<object>();
        int start = 0;
        for (int i = 0; i < count; i++)
        {
            bool more = i < items.Count % count;
            List<object> slice = items.GetRange(start, (items.Count / count) + (more ? 1 : 0));
            start += slice.Count;
            if (fill is not (null or None) && !more && items.Count % count > 0)
            {
                slice.Add(fill);
            }
            slices.Add(slice);
        }
        return slices;
    }

    /// <summary>The key by which items are compared: an attribute or the item itself. Texts are compared without case unless requested otherwise.</summary>
    private static Func<object, object> Key(object? path, bool caseSensitive, RenderState state) => item =>
    {
        object key = path is null or None ? item : Members.Path(item, path);
        return key is Text text && !caseSensitive ? TextCase.Lower(text, state.Budget) : key;
    };

    private static List<object> Sorted(List<object> items, Func<object, object> key, bool reverse)
    {
        var order = Comparer<object>.Create((a, b) => PyOrder.Compare(a, b, "<"));
        // LINQ sorts stably in both directions, as Python does.
        return reverse ? [.. items.OrderByDescending(key, order)] : [.. items.OrderBy(key, order)];
    }
}
