using System.Globalization;
using System.Text;

namespace Engine.Chat.Jinja;

/// <summary>The methods of Python's <c>str</c>.</summary>
internal static class StringMethods
{
    private static readonly Dictionary<string, Method> Methods = new(StringComparer.Ordinal)
    {
        ["strip"] = new(1, (text, a, _) => text.Strip(a.FindText(0, "chars"))),
        ["lstrip"] = new(1, (text, a, _) => text.Strip(a.FindText(0, "chars"), right: false)),
        ["rstrip"] = new(1, (text, a, _) => text.Strip(a.FindText(0, "chars"), left: false)),
        ["upper"] = new(0, (text, _, budget) => TextCase.Upper(text, budget)),
        ["lower"] = new(0, (text, _, budget) => TextCase.Lower(text, budget)),
        ["casefold"] = new(0, (text, _, budget) => TextCase.Fold(text, budget)),
        ["title"] = new(0, (text, _, budget) => TextCase.Title(text, budget)),
        ["capitalize"] = new(0, (text, _, budget) => TextCase.Capitalize(text, budget)),
        ["swapcase"] = new(0, (text, _, budget) => TextCase.Swap(text, budget)),
        ["startswith"] = new(3, (text, a, _) => Within(text, a) is { } part && Any(a.Require(0, "prefix"), prefix => part.Value.StartsWith(prefix, StringComparison.Ordinal))),
        ["endswith"] = new(3, (text, a, _) => Within(text, a) is { } part && Any(a.Require(0, "suffix"), suffix => part.Value.EndsWith(suffix, StringComparison.Ordinal))),
        ["removeprefix"] = new(1, (text, a, _) => a.RequireText(0, "prefix") is var prefix && text.Value.StartsWith(prefix, StringComparison.Ordinal)
            ? text.Slice(prefix.Length, text.Value.Length - prefix.Length) : text),
        ["removesuffix"] = new(1, (text, a, _) => a.RequireText(0, "suffix") is { Length: > 0 } suffix && text.Value.EndsWith(suffix, StringComparison.Ordinal)
            ? text.Slice(0, text.Value.Length - suffix.Length) : text),
        ["replace"] = new(3, (text, a, budget) => TextSplitting.Replace(text, a.RequireText(0, "old"), PyType.RequireText(a.Require(1, "new"), "new"), a.FindInteger(2, "count") ?? -1, budget)),
        ["split"] = new(2, (text, a, budget) => TextSplitting.Split(text, a.FindText(0, "sep"), a.FindInteger(1, "maxsplit") ?? -1, budget), "sep", "maxsplit"),
        ["rsplit"] = new(2, (text, a, budget) => TextSplitting.SplitFromRight(text, a.FindText(0, "sep"), a.FindInteger(1, "maxsplit") ?? -1, budget), "sep", "maxsplit"),
        ["splitlines"] = new(1, (text, a, budget) => TextSplitting.Lines(text, a.IsFlag(0, "keepends"), budget), "keepends"),
        ["partition"] = new(1, (text, a, _) => TextSplitting.Partition(text, a.RequireText(0, "sep"), last: false)),
        ["rpartition"] = new(1, (text, a, _) => TextSplitting.Partition(text, a.RequireText(0, "sep"), last: true)),
        ["join"] = new(1, (text, a, budget) => Join(text, a.Require(0, "iterable"), budget)),
        ["find"] = new(3, (text, a, budget) => PyType.Int(Find(text, a, last: false, budget))),
        ["rfind"] = new(3, (text, a, budget) => PyType.Int(Find(text, a, last: true, budget))),
        ["index"] = new(3, (text, a, budget) => Index(Find(text, a, last: false, budget))),
        ["rindex"] = new(3, (text, a, budget) => Index(Find(text, a, last: true, budget))),
        ["count"] = new(3, (text, a, budget) => PyType.Int(a.RequireText(0, "sub") is var sub && Within(text, a) is { } part ? TextSplitting.Occurrences(part.Value, sub, budget).Count : 0)),
        ["format"] = new(0, BraceFormat.Apply) { TakesAny = true },
        ["center"] = new(2, (text, a, budget) => Padded(text, a, 0.5, budget)),
        ["ljust"] = new(2, (text, a, budget) => Padded(text, a, 0, budget)),
        ["rjust"] = new(2, (text, a, budget) => Padded(text, a, 1, budget)),
        ["zfill"] = new(1, FilledWithZeros),
        ["isalpha"] = new(0, (text, _, _) => All(text, Rune.IsLetter)),
        ["isalnum"] = new(0, (text, _, _) => All(text, rune => Rune.IsLetter(rune) || IsNumeric(rune))),
        ["isdigit"] = new(0, (text, _, _) => All(text, rune => CharUnicodeInfo.GetDigitValue(rune.ToString(), 0) >= 0)),
        ["isdecimal"] = new(0, (text, _, _) => All(text, Rune.IsDigit)),
        ["isnumeric"] = new(0, (text, _, _) => All(text, IsNumeric)),
        ["isspace"] = new(0, (text, _, _) => text.Value.Length > 0 && text.Value.All(Text.IsSpace)),
        ["isupper"] = new(0, (text, _, _) => TextCase.IsCased(text, upper: true)),
        ["islower"] = new(0, (text, _, _) => TextCase.IsCased(text, upper: false)),
        ["isascii"] = new(0, (text, _, _) => Ascii.IsValid(text.Value)),
    };

    /// <summary>The method bound to a text, or null.</summary>
    public static Callable? Find(Text text, string name) => Methods.TryGetValue(name, out Method? method)
        ? new Function((arguments, state) =>
        {
            state.Budget.SpendOnText(text.Value.Length / 8);
            return method.Body(text, method.Expect(name, arguments), state.Budget);
        })
        : null;

    public static Text Join(Text separator, object items, Budget budget)
    {
        var text = new TextBuilder(budget);
        int number = 0;
        foreach (object item in PyType.Items(items, budget))
        {
            if (number++ > 0)
            {
                text.Append(separator);
            }
            text.Append(item as Text ?? throw new JinjaException($"sequence item {number - 1}: expected str instance, {PyType.Name(item)} found"));
        }
        return text.ToText();
    }

    /// <summary>Pads a text.</summary>
    /// <param name="width">The total width in code points.</param>
    /// <param name="fill">The fill character.</param>
    /// <param name="left">The fraction of the padding that goes before the text.</param>
    /// <param name="budget">Pays for the text.</param>
    public static Text Pad(Text text, int width, Text fill, double left, Budget budget)
    {
        int missing = width - text.Length;
        if (missing <= 0)
        {
            return text;
        }
        budget.SpendOnText((long)missing * fill.Value.Length);
        // When a text is centred, Python puts an odd padding character on the left if the width is odd.
        int before = left == 0.5 ? (missing / 2) + (missing & width & 1) : (int)(missing * left);
        return new TextBuilder(budget).Append(Repeat(fill.Value, before), fill.IsForeign).Append(text).Append(Repeat(fill.Value, missing - before), fill.IsForeign).ToText();
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static Text Padded(Text text, Arguments arguments, double left, Budget budget)
    {
        Text fill = arguments.Find(1, "fillchar") is { } given ? PyType.RequireText(given, "fillchar") : Text.Own(" ");
        return fill.Length == 1
            ? Pad(text, PyType.Index(arguments.Require(0, "width"), "width"), fill, left, budget)
            : throw new JinjaException("the fill character must be exactly one character long");
    }

    private static Text FilledWithZeros(Text text, Arguments arguments, Budget budget)
    {
        int sign = text.Value is ['+' or '-', ..] ? 1 : 0;
        Text digits = Pad(text.Slice(sign, text.Value.Length - sign), PyType.Index(arguments.Require(0, "width"), "width") - sign, Text.Own("0"), 1, budget);
        return new TextBuilder(budget).Append(text.Slice(0, sign)).Append(digits).ToText();
    }

    // The part from the argument 'start' to the argument 'end', in UTF-16 units; null if it begins after the text's end or its own.
    private static (int Start, int Length)? Bounds(Text text, Arguments arguments)
    {
        int start = Position(1, "start", 0);
        int end = Math.Min(Position(2, "end", text.Length), text.Length);
        return start > end ? null : (text.Offset(start), text.Offset(end) - text.Offset(start));

        int Position(int place, string name, int otherwise) =>
            arguments.FindInteger(place, name) is { } position ? Math.Max(0, position < 0 ? position + text.Length : position) : otherwise;
    }

    private static Text? Within(Text text, Arguments arguments) => Bounds(text, arguments) is var (start, length) ? text.Slice(start, length) : null;

    private static int Find(Text text, Arguments arguments, bool last, Budget budget)
    {
        string part = arguments.RequireText(0, "sub");
        if (Bounds(text, arguments) is not var (start, length))
        {
            return -1;
        }
        budget.SpendOnText(length / 8);
        ReadOnlySpan<char> within = text.Value.AsSpan(start, length);
        int at = last ? within.LastIndexOf(part, StringComparison.Ordinal) : within.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? -1 : text.Slice(0, start + at).Length;
    }

    private static object Index(int found) => found >= 0 ? PyType.Int(found) : throw new JinjaException("substring not found");

    private static bool Any(object candidates, Func<string, bool> holds) => candidates is PyTuple tuple
        ? tuple.Items.Any(candidate => holds(PyType.RequireText(candidate, "a tuple of strings").Value))
        : holds(PyType.RequireText(candidates, "startswith, endswith").Value);

    private static object All(Text text, Func<Rune, bool> holds) => text.Value.Length > 0 && text.Value.EnumerateRunes().All(holds);

    private static bool IsNumeric(Rune rune) => Rune.GetNumericValue(rune) >= 0 || Rune.IsNumber(rune);

    /// <param name="Most">The maximum number of positional arguments.</param>
    /// <param name="Body">Computes the result from a text and the arguments.</param>
    /// <param name="Names">The arguments that may be given by name.</param>
    private sealed record Method(int Most, Func<Text, Arguments, Budget, object> Body, params string[] Names)
    {
        public bool TakesAny { get; init; }

        public Arguments Expect(string name, Arguments arguments) =>
            TakesAny ? arguments : Names.Length > 0 ? arguments.Expect(name, Names) : arguments.ExpectByPlace(name, Most);
    }
}
