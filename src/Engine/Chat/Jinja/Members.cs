using System.Numerics;

namespace Engine.Chat.Jinja;

/// <summary>Attributes, items and slices of values.</summary>
internal static class Members
{
    /// <summary><c>value.name</c>: the type's attribute, or else the item of that name.</summary>
    public static object Attribute(object value, string name) => value switch
    {
        Undefined undefined => throw new JinjaException(undefined.Complaint),
        IAttributes attributes => attributes.Find(name),
        Text text => StringMethods.Find(text, name),
        Mapping mapping => MappingMethods.Find(mapping, name) ?? mapping.Find(name),
        List<object> list => ListMethods.Find(list, name),
        _ => null,
    } ?? Missing(value, name);

    /// <summary><c>value[key]</c>: the item, or else the attribute of that name.</summary>
    public static object Item(object value, object key)
    {
        switch (value, key)
        {
            case (Undefined undefined, _):
                throw new JinjaException(undefined.Complaint);
            case (Mapping mapping, _):
                if (key is not (List<object> or Mapping) && mapping.TryGetValue(key, out object? found))
                {
                    return found;
                }
                break;
            case (Text text, BigInteger or bool):
                return At(text.Length, key) is { } character ? text.Slice(text.Offset(character), text.Offset(character + 1) - text.Offset(character)) : Missing(value, key);
            case (List<object> list, BigInteger or bool):
                return At(list.Count, key) is { } place ? list[place] : Missing(value, key);
            case (PyTuple tuple, BigInteger or bool):
                return At(tuple.Items.Length, key) is { } item ? tuple.Items[item] : Missing(value, key);
        }
        return key is Text name && value is not Mapping ? Attribute(value, name.Value)
            : key is Text method && MappingMethods.Find((Mapping)value, method.Value) is { } attribute ? attribute
            : Missing(value, key);
    }

    /// <summary><c>value[start:stop:step]</c></summary>
    public static object Slice(object value, int? start, int? stop, int step, Budget budget)
    {
        if (value is Undefined undefined)
        {
            throw new JinjaException(undefined.Complaint);
        }
        if (step == 0)
        {
            throw new JinjaException("slice step cannot be zero");
        }
        int length = value is Text or List<object> or PyTuple ? PyType.Length(value)!.Value : -1;
        if (length < 0)
        {
            throw new JinjaException(value is Mapping ? "unhashable type: 'slice'" : $"'{PyType.Name(value)}' object is not subscriptable");
        }
        // As in Python, bounds outside the sequence are clipped, depending on the direction.
        int low = step > 0 ? 0 : -1;
        int high = step > 0 ? length : length - 1;
        int from = Clip(start, step > 0 ? low : high);
        int to = Clip(stop, step > 0 ? high : low);
        if (value is Text text && step == 1)
        {
            return to <= from ? Text.Empty : text.Slice(text.Offset(from), text.Offset(to) - text.Offset(from));
        }
        List<object> items = PyType.Items(value, budget);
        var part = new List<object>();
        for (long i = from; step > 0 ? i < to : i > to; i += step)
        {
            part.Add(items[(int)i]);
        }
        return value switch
        {
            Text => part.Aggregate(new TextBuilder(budget), (whole, character) => whole.Append((Text)character)).ToText(),
            PyTuple => new PyTuple([.. part]),
            _ => part,
        };

        int Clip(int? bound, int otherwise) => bound is not { } given ? otherwise : Math.Clamp(given < 0 ? (int)Math.Max(int.MinValue, (long)given + length) : given, low, high);
    }

    /// <summary>The value at a path such as <c>function.name</c> or <c>0</c>, as filters take it.</summary>
    public static object Path(object value, object path)
    {
        if (path is not Text text)
        {
            return Item(value, path);
        }
        foreach (string part in text.Value.Split('.'))
        {
            value = PyType.ParseInteger(part) is { } number ? Item(value, number) : Item(value, Text.Own(part));
        }
        return value;
    }

    private static int? At(int length, object key)
    {
        long index = PyType.Index(key, "index");
        index = index < 0 ? index + length : index;
        return index >= 0 && index < length ? (int)index : null;
    }

    private static Undefined Missing(object value, object name) =>
        PyType.Undefined($"'{PyType.Name(value)}' object has no attribute or item '{(name is Text text ? text.Value : name is BigInteger number ? number.ToString(System.Globalization.CultureInfo.InvariantCulture) : name)}'");
}
