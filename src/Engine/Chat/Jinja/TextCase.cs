using System.Text;

namespace Engine.Chat.Jinja;

/// <summary>Upper and lower case with the results of Python's <c>str</c>.</summary>
internal static class TextCase
{
    // Letters whose other case is several characters (Unicode's SpecialCasing), as far as they occur in practice.
    private static readonly Dictionary<int, string> LongUpper = new()
    {
        ['ß'] = "SS",
        ['ŉ'] = "ʼN",
        ['ǰ'] = "J\u030C",
        ['ﬀ'] = "FF",
        ['ﬁ'] = "FI",
        ['ﬂ'] = "FL",
        ['ﬃ'] = "FFI",
        ['ﬄ'] = "FFL",
        ['ﬅ'] = "ST",
        ['ﬆ'] = "ST",
    };

    public static Text Upper(Text text, Budget budget) => Map(text, (rune, _) => Upper(rune), budget);

    public static Text Lower(Text text, Budget budget) => Map(text, (rune, before) => Lower(rune, text.Value, before), budget);

    /// <summary>Python's <c>casefold</c>: the lower case of the upper case, which turns <c>ß</c> into <c>ss</c>. It differs from Python's for
    /// Cherokee, which Python folds to upper case.</summary>
    public static Text Fold(Text text, Budget budget) => Map(text, (rune, before) => rune.Value switch
    {
        'ẞ' => "ss",
        'İ' => Lower(rune, text.Value, before),
        _ => string.Concat(Upper(rune).EnumerateRunes().Select(Rune.ToLowerInvariant)),
    }, budget);

    /// <summary>The first character in upper case, the others in lower case.</summary>
    public static Text Capitalize(Text text, Budget budget) =>
        Map(text, (rune, before) => before == 0 ? Title(rune) : Lower(rune, text.Value, before), budget);

    /// <summary>Each letter that does not follow a letter in upper case, the others in lower case.</summary>
    public static Text Title(Text text, Budget budget)
    {
        bool behindLetter = false;
        return Map(text, (rune, before) =>
        {
            string mapped = behindLetter ? Lower(rune, text.Value, before) : Title(rune);
            behindLetter = Rune.IsLetter(rune);
            return mapped;
        }, budget);
    }

    public static Text Swap(Text text, Budget budget) =>
        Map(text, (rune, before) => Rune.IsUpper(rune) ? Lower(rune, text.Value, before) : Upper(rune), budget);

    /// <summary>Whether the text has letters of this case and none of the other.</summary>
    public static bool IsCased(Text text, bool upper) =>
        text.Value.EnumerateRunes().Any(upper ? Rune.IsUpper : Rune.IsLower) && !text.Value.EnumerateRunes().Any(upper ? Rune.IsLower : Rune.IsUpper);

    private static string Upper(Rune rune) => LongUpper.GetValueOrDefault(rune.Value) ?? Rune.ToUpperInvariant(rune).ToString();

    private static string Title(Rune rune) => rune.Value switch
    {
        >= 0x01C4 and <= 0x01CC => ((char)(0x01C5 + ((rune.Value - 0x01C4) / 3 * 3))).ToString(), // DŽ, LJ, NJ have a separate title case
        >= 0x01F1 and <= 0x01F3 => "\u01F2",
        _ => LongUpper.TryGetValue(rune.Value, out string? upper) && char.IsLetter(upper[0]) ? upper[..1] + upper[1..].ToLowerInvariant() : Upper(rune),
    };

    private static string Lower(Rune rune, string text, int at) => rune.Value switch
    {
        'İ' => "i\u0307",
        'Σ' when EndsWord(text, at) => "ς",
        _ => Rune.ToLowerInvariant(rune).ToString(),
    };

    private static bool EndsWord(string text, int at) =>
        at > 0 && char.IsLetter(text[at - 1]) && (at + 1 >= text.Length || !char.IsLetter(text[at + 1]));

    private static Text Map(Text text, Func<Rune, int, string> map, Budget budget)
    {
        var mapped = new TextBuilder(budget);
        int start = 0;
        foreach (Run run in text.Runs)
        {
            var part = new StringBuilder();
            int at = start;
            foreach (Rune rune in text.Value[start..run.End].EnumerateRunes())
            {
                part.Append(map(rune, at));
                at += rune.Utf16SequenceLength;
            }
            mapped.Append(part.ToString(), run.IsForeign);
            start = run.End;
        }
        return mapped.ToText();
    }
}
