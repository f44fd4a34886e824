namespace Engine.Chat.Jinja;

/// <summary>The methods of Python's <c>dict</c>. Those that change it are not available, because transformers renders in Jinja's
/// immutable sandbox.</summary>
internal static class MappingMethods
{
    public static object? Find(Mapping mapping, string name) => name switch
    {
        "get" => new Function((a, _) => mapping.TryGetValue(a.ExpectByPlace(name, 2).Require(0, "key"), out object? value) ? value : a.Find(1, "default") ?? None.Value),
        "items" => Listing(name, mapping, budget => Pairs(mapping, budget)),
        "keys" => Listing(name, mapping, budget => PyType.Items(mapping, budget)),
        "values" => Listing(name, mapping, budget => { budget.Spend(mapping.Count); return mapping.Values.ToList(); }),
        "copy" => Listing(name, mapping, budget => { budget.Spend(mapping.Count); return Copy(mapping); }),
        "clear" or "pop" or "popitem" or "setdefault" or "update" => PyType.Undefined($"access to attribute '{name}' of 'dict' object is unsafe: a template may not change it"),
        _ => null,
    };

    public static List<object> Pairs(Mapping mapping, Budget budget)
    {
        budget.Spend(mapping.Count);
        return [.. mapping.Select(pair => new PyTuple(pair.Key, pair.Value))];
    }

    private static Function Listing(string name, Mapping mapping, Func<Budget, object> make) => new((a, state) =>
    {
        a.ExpectByPlace(name, 0);
        return make(state.Budget);
    });

    private static Mapping Copy(Mapping source)
    {
        var copy = new Mapping();
        foreach ((object key, object value) in source)
        {
            copy[key] = value;
        }
        return copy;
    }
}

/// <summary>The methods of Python's <c>list</c>; of those that change it, Jinja's immutable sandbox allows only <c>pop</c>.</summary>
internal static class ListMethods
{
    public static object? Find(List<object> list, string name) => name switch
    {
        "pop" => new Function((a, _) => Pop(list, a.ExpectByPlace(name, 1).FindInteger(0, "index") ?? -1)),
        "copy" => new Function((a, state) =>
        {
            a.ExpectByPlace(name, 0);
            return PyType.Items(list, state.Budget);
        }),
        "index" => new Function((a, state) => PyType.Int(IndexOf(PyType.Items(list, state.Budget), a.ExpectByPlace(name, 3)))),
        "count" => new Function((a, state) => PyType.Int(PyType.Items(list, state.Budget).FindAll(Is(a.ExpectByPlace(name, 1))).Count)),
        "append" or "extend" or "insert" or "remove" or "reverse" or "sort" => PyType.Undefined($"access to attribute '{name}' of 'list' object is unsafe: a template may not change it"),
        _ => null,
    };

    // Python's list.index(value, start, stop): the first from start on and before stop, both counted from the end if negative.
    private static int IndexOf(List<object> items, Arguments arguments)
    {
        int start = Place(arguments.FindInteger(1, "start") ?? 0), stop = Place(arguments.FindInteger(2, "stop") ?? items.Count);
        int at = start < stop ? items.FindIndex(start, stop - start, Is(arguments)) : -1;
        return at >= 0 ? at : throw new JinjaException("index: the list has no such item");

        int Place(int index) => Math.Clamp(index < 0 ? index + items.Count : index, 0, items.Count);
    }

    private static Predicate<object> Is(Arguments arguments)
    {
        object value = arguments.Require(0, "value");
        return item => PyEquality.Instance.Equals(item, value);
    }

    private static object Pop(List<object> list, int index)
    {
        int place = index < 0 ? index + list.Count : index;
        if (place < 0 || place >= list.Count)
        {
            throw new JinjaException(list.Count == 0 ? "pop from empty list" : "pop index out of range");
        }
        object item = list[place];
        list.RemoveAt(place);
        return item;
    }
}
