namespace Engine.Chat.Jinja;

/// <summary>The methods of Python's <c>dict</c>.</summary>
internal static class MappingMethods
{
    public static Callable? Find(Mapping mapping, string name) => name switch
    {
        "get" => new Function((a, _) => mapping.TryGetValue(a.Require(0, "key"), out object? value) ? value : a.Find(1, "default") ?? None.Value),
        "items" => new Function((_, state) => Pairs(mapping, state.Budget)),
        "keys" => new Function((_, state) => PyType.Items(mapping, state.Budget)),
        "values" => new Function((_, state) => Spent(mapping.Count, state.Budget, () => mapping.Values.ToList())),
        "copy" => new Function((_, state) => Spent(mapping.Count, state.Budget, () => Fill([], mapping))),
        "update" => new Function((a, state) =>
        {
            state.Budget.Spend(PyType.Length(a.Find(0, "other") ?? None.Value) ?? 0);
            Fill(mapping, a.Find(0, "other") as Mapping);
            foreach ((string key, object value) in a.Named)
            {
                mapping[Text.Own(key)] = value;
            }
            return None.Value;
        }),
        "setdefault" => new Function((a, _) => mapping.TryGetValue(a.Require(0, "key"), out object? value) ? value : mapping[a.Require(0, "key")] = a.Find(1, "default") ?? None.Value),
        "pop" => new Function((a, _) => mapping.Remove(a.Require(0, "key"), out object? value) ? value
            : a.Find(1, "default") ?? throw new JinjaException("pop: the dict has no such key")),
        _ => null,
    };

    public static List<object> Pairs(Mapping mapping, Budget budget) =>
        Spent(mapping.Count, budget, () => mapping.Select(pair => (object)new PyTuple(pair.Key, pair.Value)).ToList());

    private static T Spent<T>(int count, Budget budget, Func<T> make)
    {
        budget.Spend(count);
        return make();
    }

    private static Mapping Fill(Mapping target, Mapping? source)
    {
        foreach ((object key, object value) in source ?? [])
        {
            target[key] = value;
        }
        return target;
    }
}

/// <summary>The methods of Python's <c>list</c>.</summary>
internal static class ListMethods
{
    public static Callable? Find(List<object> list, string name) => name switch
    {
        "append" => new Function((a, _) => Done(() => list.Add(a.Require(0, "object")))),
        "extend" => new Function((a, state) => Done(() => list.AddRange(PyType.Items(a.Require(0, "iterable"), state.Budget)))),
        "insert" => new Function((a, _) => Done(() => list.Insert(Place(a.Require(0, "index"), list.Count), a.Require(1, "object")))),
        "pop" => new Function((a, _) => Pop(list, a.FindInteger(0, "index") ?? -1)),
        "reverse" => new Function((_, _) => Done(list.Reverse)),
        "copy" => new Function((_, state) => PyType.Items(list, state.Budget)),
        "index" => new Function((a, state) => PyType.Items(list, state.Budget).FindIndex(item => PyEquality.Instance.Equals(item, a.Require(0, "value"))) is var at && at >= 0
            ? PyType.Int(at) : throw new JinjaException("index: the list has no such item")),
        "count" => new Function((a, state) => PyType.Int(PyType.Items(list, state.Budget).Count(item => PyEquality.Instance.Equals(item, a.Require(0, "value"))))),
        _ => null,
    };

    private static None Done(Action change)
    {
        change();
        return None.Value;
    }

    private static int Place(object index, int count)
    {
        long place = PyType.Index(index, "index");
        return (int)Math.Clamp(place < 0 ? place + count : place, 0, count);
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
