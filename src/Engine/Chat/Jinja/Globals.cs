namespace Engine.Chat.Jinja;

/// <summary>The functions available in every template: Jinja's own, and those Hugging Face adds.</summary>
internal static class Globals
{
    /// <summary>The longest range that Jinja's sandbox allows.</summary>
    private const int LongestRange = 100_000;

    public static void AddTo(Scope scope)
    {
        scope["range"] = new Function((a, state) => Range(a, state.Budget));
        scope["dict"] = new Function((a, _) => Fill(new Mapping(), a));
        scope["namespace"] = new Function((a, _) => NewNamespace(a));
        scope["cycler"] = new Function((a, _) => new Cycler(a.Positional));
        scope["joiner"] = new Function((a, _) => Joiner(a.Find(0, "sep") ?? Text.Own(", ")));
        scope["raise_exception"] = new Function((a, state) => throw new JinjaException(PyText.Str(a.Require(0, "message"), state.Budget).Value, isRefusal: true));
        scope["strftime_now"] = new Function((a, state) => Text.Own(Strftime.Format(state.Now, a.RequireText(0, "format"))));
    }

    private static List<object> Range(Arguments arguments, Budget budget)
    {
        arguments.Expect("range", "start", "stop", "step");
        int[] bounds = [.. arguments.Positional.Select(bound => PyType.ToInteger(bound) is not null ? PyType.Index(bound, "range") : throw PyType.Mistake("range", "an integer", bound))];
        (long start, long stop, long step) = bounds switch
        {
            [var end] => (0, end, 1),
            [var begin, var end] => (begin, end, 1),
            [var begin, var end, var stride] => (begin, end, stride),
            _ => throw new JinjaException("range expected at least 1 argument, got 0"),
        };
        long count = step switch
        {
            0 => throw new JinjaException("range() arg 3 must not be zero"),
            > 0 => Math.Max(0, (stop - start + step - 1) / step),
            _ => Math.Max(0, (start - stop - step - 1) / -step),
        };
        if (count > LongestRange)
        {
            throw new JinjaException($"range too big: {count}, at most {LongestRange} are allowed");
        }
        budget.Spend(count);
        return [.. Enumerable.Range(0, (int)count).Select(i => PyType.Int(start + (i * step)))];
    }

    private static Mapping Fill(Mapping mapping, Arguments arguments)
    {
        foreach ((object key, object value) in arguments.Find(0, "mapping") as Mapping ?? [])
        {
            mapping[key] = value;
        }
        foreach ((string key, object value) in arguments.Named)
        {
            mapping[Text.Own(key)] = value;
        }
        return mapping;
    }

    private static Namespace NewNamespace(Arguments arguments)
    {
        var space = new Namespace();
        foreach ((object key, object value) in Fill(new Mapping(), arguments))
        {
            space.Values[PyType.RequireText(key, "namespace").Value] = value;
        }
        return space;
    }

    private static Function Joiner(object separator)
    {
        bool used = false;
        return new Function((_, _) =>
        {
            object text = used ? separator : Text.Empty;
            used = true;
            return text;
        });
    }

    private sealed class Cycler(IReadOnlyList<object> items) : IAttributes
    {
        private int _place;

        public object? Find(string name) => name switch
        {
            "current" => Current(),
            "next" => new Function((_, _) =>
            {
                object item = Current();
                _place++;
                return item;
            }),
            "reset" => new Function((_, _) =>
            {
                _place = 0;
                return None.Value;
            }),
            _ => null,
        };

        private object Current() => items.Count > 0 ? items[_place % items.Count] : throw new JinjaException("at least one item has to be provided");
    }
}
