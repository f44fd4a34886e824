namespace Engine.Chat.Jinja;

/// <summary>Filters that turn text into text.</summary>
internal static class TextFilters
{
    public static readonly Dictionary<string, Filter> All = new(StringComparer.Ordinal)
    {
        ["upper"] = new((value, _, state) => TextCase.Upper(Str(value, state), state.Budget)),
        ["lower"] = new((value, _, state) => TextCase.Lower(Str(value, state), state.Budget)),
        ["capitalize"] = new((value, _, state) => TextCase.Capitalize(Str(value, state), state.Budget)),
        ["title"] = new((value, _, state) => Title(Str(value, state), state.Budget)),
        ["trim"] = new((value, a, state) => Str(value, state).Strip(a.FindText(0, "chars")), "chars"),
        ["replace"] = new((value, a, state) => TextSplitting.Replace(
            Str(value, state), Str(a.Require(0, "old"), state).Value, Str(a.Require(1, "new"), state), a.FindInteger(2, "count") ?? -1, state.Budget), "old", "new", "count"),
        ["string"] = new((value, _, state) => Str(value, state)),
        ["safe"] = new((value, _, state) => Str(value, state).AsSafe()),
        ["escape"] = new((value, _, state) => Escape(Str(value, state), state.Budget)),
        ["e"] = new((value, _, state) => Escape(Str(value, state), state.Budget)),
        ["forceescape"] = new((value, _, state) => Escaped(Str(value, state), state.Budget)),
        ["indent"] = new((value, a, state) => Indent(PyType.RequireText(value, "indent"), a, state.Budget), "width", "first", "blank"),
        ["center"] = new((value, a, state) => StringMethods.Pad(Str(value, state), a.FindInteger(0, "width") ?? 80, Text.Own(" "), 0.5, state.Budget), "width"),
        ["truncate"] = new((value, a, state) => Truncate(PyType.RequireText(value, "truncate"), a, state.Budget), "length", "killwords", "end", "leeway"),
        ["wordcount"] = new((value, _, state) => PyType.Int(System.Text.RegularExpressions.Regex.Count(Str(value, state).Value, @"\w+"))),
        ["urlencode"] = new((value, _, state) => Text.Of(Uri.EscapeDataString(Str(value, state).Value).Replace("%2F", "/", StringComparison.Ordinal), Str(value, state).IsForeign)),
        ["format"] = new((value, a, state) => PercentFormat.Apply(Str(value, state), a.Named.Count == 0 ? new PyTuple([.. a.Positional]) : NamedValues(a), state.Budget)) { TakesAny = true },
        ["tojson"] = new((value, a, state) => PyJson.Write(value, a, state.Budget), "ensure_ascii", "indent", "separators", "sort_keys"),
        ["pprint"] = new((value, _, state) => PyText.Repr(value, state.Budget)),
    };

    private static Text Str(object value, RenderState state)
    {
        Text text = PyText.Str(value, state.Budget);
        state.Budget.SpendOnText(text.Value.Length / 8);
        return text;
    }

    private static Mapping NamedValues(Arguments arguments)
    {
        var values = new Mapping();
        foreach ((string name, object value) in arguments.Named)
        {
            values[Text.Own(name)] = value;
        }
        return values;
    }

    // Words begin after blanks, hyphens and opening brackets.
    private static Text Title(Text text, Budget budget)
    {
        var title = new TextBuilder(budget);
        int start = 0;
        for (int i = 0; i <= text.Value.Length; i++)
        {
            if (i == text.Value.Length || Begins(text.Value[i]))
            {
                Text word = text.Slice(start, i - start);
                int first = word.Offset(Math.Min(1, word.Length));
                title.Append(TextCase.Upper(word.Slice(0, first), budget)).Append(TextCase.Lower(word.Slice(first, word.Value.Length - first), budget));
                title.Append(i < text.Value.Length ? text.Slice(i, 1) : Text.Empty);
                start = i + 1;
            }
        }
        return title.ToText();

        static bool Begins(char c) => Text.IsSpace(c) || c is '-' or '(' or '{' or '[' or '<';
    }

    /// <summary>The text with HTML's special characters escaped. A text that passed <c>safe</c> is returned unchanged.</summary>
    public static Text Escape(Text text, Budget budget) => text.IsSafe ? text : Escaped(text, budget);

    private static Text Escaped(Text text, Budget budget)
    {
        foreach ((string plain, string escaped) in new[] { ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;") })
        {
            text = TextSplitting.Replace(text, plain, Text.Own(escaped), -1, budget);
        }
        return text.AsSafe();
    }

    private static Text Indent(Text text, Arguments arguments, Budget budget)
    {
        Text indent = arguments.Find(0, "width") switch
        {
            null => Text.Own("    "),
            Text given => given,
            object width => Text.Own(new string(' ', Math.Clamp(PyType.Index(width, "width"), 0, 1024))),
        };
        bool blank = arguments.IsTrue(2, "blank");
        // As if the text ended with a line end, so that an empty text is one empty line.
        List<object> lines = TextSplitting.Lines(new TextBuilder(budget).Append(text).Append("\n").ToText(), keepEnds: false, budget);
        var indented = new TextBuilder(budget);
        for (int i = 0; i < lines.Count; i++)
        {
            var line = (Text)lines[i];
            indented.Append(i > 0 ? "\n" : "");
            if (i == 0 ? arguments.IsTrue(1, "first") : blank || line.Value.Length > 0)
            {
                indented.Append(indent);
            }
            indented.Append(line);
        }
        return indented.ToText();
    }

    private static Text Truncate(Text text, Arguments arguments, Budget budget)
    {
        int length = arguments.FindInteger(0, "length") ?? 255;
        Text end = arguments.Find(2, "end") as Text ?? Text.Own("...");
        if (text.Length <= length + (arguments.FindInteger(3, "leeway") ?? 5))
        {
            return text;
        }
        Text cut = text.Slice(0, text.Offset(Math.Clamp(length - end.Length, 0, text.Length)));
        int blank = cut.Value.LastIndexOf(' ');
        return new TextBuilder(budget).Append(arguments.IsTrue(1, "killwords") || blank < 0 ? cut : cut.Slice(0, blank)).Append(end).ToText();
    }
}
