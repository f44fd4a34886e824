using System.Text;

namespace Engine.Chat.Jinja;

/// <summary>The methods of Python's <c>str</c>.</summary>
internal static class StringMethods
{
    private delegate object Method(Text text, Arguments arguments, Budget budget);

    private static readonly Dictionary<string, Method> Methods = new(StringComparer.Ordinal)
    {
        ["strip"] = (text, a, _) => text.Strip(a.FindText(0, "chars")),
        ["lstrip"] = (text, a, _) => text.Strip(a.FindText(0, "chars"), right: false),
        ["rstrip"] = (text, a, _) => text.Strip(a.FindText(0, "chars"), left: false),
        ["upper"] = (text, _, budget) => TextCase.Upper(text, budget),
        ["lower"] = (text, _, budget) => TextCase.Lower(text, budget),
        ["casefold"] = (text, _, budget) => TextCase.Lower(text, budget),
        ["title"] = (text, _, budget) => TextCase.Title(text, budget),
        ["capitalize"] = (text, _, budget) => TextCase.Capitalize(text, budget),
        ["swapcase"] = (text, _, budget) => TextCase.Swap(text, budget),
        ["startswith"] = (text, a, _) => Any(a.Require(0, "prefix"), prefix => text.Value.StartsWith(prefix, StringComparison.Ordinal)),
        ["endswith"] = (text, a, _) => Any(a.Require(0, "suffix"), suffix => text.Value.EndsWith(suffix, StringComparison.Ordinal)),
        ["removeprefix"] = (text, a, _) => a.FindText(0, "prefix") is { } prefix && text.Value.StartsWith(prefix, StringComparison.Ordinal)
            ? text.Slice(prefix.Length, text.Value.Length - prefix.Length) : text,
        ["removesuffix"] = (text, a, _) => a.FindText(0, "suffix") is { Length: > 0 } suffix && text.Value.EndsWith(suffix, StringComparison.Ordinal)
            ? text.Slice(0, text.Value.Length - suffix.Length) : text,
        ["replace"] = (text, a, budget) => TextSplitting.Replace(text, a.FindText(0, "old")!, PyType.RequireText(a.Require(1, "new"), "new"), a.FindInteger(2, "count") ?? -1, budget),
        ["split"] = (text, a, budget) => TextSplitting.Split(text, a.FindText(0, "sep"), a.FindInteger(1, "maxsplit") ?? -1, budget),
        ["rsplit"] = (text, a, budget) => TextSplitting.SplitFromRight(text, a.FindText(0, "sep"), a.FindInteger(1, "maxsplit") ?? -1, budget),
        ["splitlines"] = (text, a, budget) => TextSplitting.Lines(text, a.IsTrue(0, "keepends"), budget),
        ["partition"] = (text, a, _) => TextSplitting.Partition(text, a.FindText(0, "sep")!, last: false),
        ["rpartition"] = (text, a, _) => TextSplitting.Partition(text, a.FindText(0, "sep")!, last: true),
        ["join"] = (text, a, budget) => Join(text, a.Require(0, "iterable"), budget),
        ["find"] = (text, a, budget) => Find(text, a, last: false, budget),
        ["rfind"] = (text, a, budget) => Find(text, a, last: true, budget),
        ["index"] = (text, a, budget) => Find(text, a, last: false, budget) is var at && at.Equals(PyType.Int(-1)) ? throw new JinjaException("substring not found") : at,
        ["count"] = (text, a, budget) => PyType.Int(TextSplitting.Occurrences(text.Value, a.FindText(0, "sub")!, budget).Count),
        ["format"] = (text, a, budget) => BraceFormat.Apply(text, a, budget),
        ["center"] = (text, a, budget) => Padded(text, a, 0.5, budget),
        ["ljust"] = (text, a, budget) => Padded(text, a, 0, budget),
        ["rjust"] = (text, a, budget) => Padded(text, a, 1, budget),
        ["zfill"] = (text, a, budget) => FilledWithZeros(text, a, budget),
        ["isalpha"] = (text, _, _) => All(text, Rune.IsLetter),
        ["isalnum"] = (text, _, _) => All(text, rune => Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune)),
        ["isdigit"] = (text, _, _) => All(text, Rune.IsDigit),
        ["isdecimal"] = (text, _, _) => All(text, Rune.IsDigit),
        ["isnumeric"] = (text, _, _) => All(text, Rune.IsNumber),
        ["isspace"] = (text, _, _) => text.Value.Length > 0 && text.Value.All(Text.IsSpace),
        ["isupper"] = (text, _, _) => TextCase.IsCased(text, upper: true),
        ["islower"] = (text, _, _) => TextCase.IsCased(text, upper: false),
        ["isascii"] = (text, _, _) => Ascii.IsValid(text.Value),
    };

    /// <summary>The method bound to a text, or null.</summary>
    public static Callable? Find(Text text, string name) => Methods.TryGetValue(name, out Method? method)
        ? new Function((arguments, state) =>
        {
            state.Budget.SpendOnText(text.Value.Length / 8);
            return method(text, arguments, state.Budget);
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

    /// <summary>A text amid blanks.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">Code points of the whole.</param>
    /// <param name="fill">What blanks are.</param>
    /// <param name="left">The part of the blanks that goes before it.</param>
    /// <param name="budget">Pays.</param>
    public static Text Pad(Text text, int width, Text fill, double left, Budget budget)
    {
        int missing = width - text.Length;
        if (missing <= 0)
        {
            return text;
        }
        budget.SpendOnText((long)missing * fill.Value.Length);
        // Python gives an odd blank of a centred text to the left where the width is odd.
        int before = left == 0.5 ? (missing / 2) + (missing & width & 1) : (int)(missing * left);
        return new TextBuilder(budget).Append(Repeat(fill.Value, before), fill.IsForeign).Append(text).Append(Repeat(fill.Value, missing - before), fill.IsForeign).ToText();
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static Text Padded(Text text, Arguments arguments, double left, Budget budget) =>
        Pad(text, PyType.Index(arguments.Require(0, "width"), "width"), arguments.Find(1, "fillchar") as Text ?? Text.Own(" "), left, budget);

    private static Text FilledWithZeros(Text text, Arguments arguments, Budget budget)
    {
        int sign = text.Value is ['+' or '-', ..] ? 1 : 0;
        Text digits = Pad(text.Slice(sign, text.Value.Length - sign), PyType.Index(arguments.Require(0, "width"), "width") - sign, Text.Own("0"), 1, budget);
        return new TextBuilder(budget).Append(text.Slice(0, sign)).Append(digits).ToText();
    }

    private static object Find(Text text, Arguments arguments, bool last, Budget budget)
    {
        Text part = PyType.RequireText(arguments.Require(0, "sub"), "sub");
        int start = Math.Min(text.Offset(Math.Clamp(Position(1, "start", 0), 0, text.Length)), text.Value.Length);
        int end = text.Offset(Math.Clamp(Position(2, "end", text.Length), 0, text.Length));
        budget.SpendOnText(Math.Max(0, end - start) / 8);
        ReadOnlySpan<char> within = end < start ? default : text.Value.AsSpan(start, end - start);
        int at = end < start ? -1 : last ? within.LastIndexOf(part.Value, StringComparison.Ordinal) : within.IndexOf(part.Value, StringComparison.Ordinal);
        return PyType.Int(at < 0 ? -1 : text.Slice(0, start + at).Length);

        int Position(int place, string name, int otherwise) =>
            arguments.FindInteger(place, name) is { } position ? (position < 0 ? position + text.Length : position) : otherwise;
    }

    private static bool Any(object candidates, Func<string, bool> holds) => candidates is PyTuple tuple
        ? tuple.Items.Any(candidate => holds(PyType.RequireText(candidate, "a tuple of strings").Value))
        : holds(PyType.RequireText(candidates, "startswith, endswith").Value);

    private static object All(Text text, Func<Rune, bool> holds) => text.Value.Length > 0 && text.Value.EnumerateRunes().All(holds);
}
