using System.Globalization;

namespace Engine.Constraints.Languages;

/// <summary>Parses the parts of a regular expression that match one code point: escapes and classes.</summary>
internal static class RegexEscapes
{
    /// <summary>Reads a class from its '[' to its ']'.</summary>
    public static CodePointSet ParseClass(string pattern, ref int at)
    {
        int start = at++;
        bool others = at < pattern.Length && pattern[at] == '^';
        at += others ? 1 : 0;
        List<(int First, int Last)> ranges = [];
        while (at < pattern.Length && pattern[at] != ']')
        {
            int from = at;
            (CodePointSet set, int? only) = ParseOne(pattern, ref at);
            bool isRange = at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']';
            if (!isRange)
            {
                Add(ranges, set, only);
                continue;
            }
            int dash = at++;
            (CodePointSet end, int? last) = ParseOne(pattern, ref at);
            if (only is { } first && last is { } l)
            {
                if (first > l)
                {
                    throw RegexParser.Error(pattern, from, "a range from a lower character to a higher one", $"'{pattern[from..at]}'");
                }
                ranges.Add((first, l));
            }
            else
            {
                // A dash next to a class such as \w is a literal dash.
                Add(ranges, set, only);
                Add(ranges, end, last);
                ranges.Add((pattern[dash], pattern[dash]));
            }
        }
        if (at >= pattern.Length)
        {
            throw RegexParser.Error(pattern, at, $"']' for the class at position {start}", "the end");
        }
        at++;
        CodePointSet all = CodePointSet.Of([.. ranges]);
        return others ? ~all : all;
    }

    /// <summary>Reads an escape from its backslash on.</summary>
    /// <returns>The set it matches, and the code point (possibly half a surrogate pair) if it is a single one.</returns>
    public static (CodePointSet Set, int? Only) ParseEscape(string pattern, ref int at, bool inClass)
    {
        int start = at++;
        if (at >= pattern.Length)
        {
            throw RegexParser.Error(pattern, start, "a character after the backslash", "the end");
        }
        char escape = pattern[at++];
        switch (escape)
        {
            case 'd': return (CharacterClasses.Digits, null);
            case 'D': return (~CharacterClasses.Digits, null);
            case 'w': return (CharacterClasses.Words, null);
            case 'W': return (~CharacterClasses.Words, null);
            case 's': return (CharacterClasses.Spaces, null);
            case 'S': return (~CharacterClasses.Spaces, null);
            case 'p' or 'P' when at < pattern.Length && pattern[at] == '{':
                int end = pattern.IndexOf('}', at);
                string name = end < 0 ? pattern[(at + 1)..] : pattern[(at + 1)..end];
                CodePointSet property = (end < 0 ? null : CharacterClasses.Find(name)) ?? throw RegexParser.Error(
                    pattern, start, "a general category of Unicode, such as \\p{L} or \\p{Nd} (scripts and other properties are not supported)", $"'\\{escape}{{{name}}}'");
                at = end + 1;
                return (escape == 'P' ? ~property : property, null);
            case 't': return Single('\t');
            case 'n': return Single('\n');
            case 'v': return Single('\v');
            case 'f': return Single('\f');
            case 'r': return Single('\r');
            case 'b' when inClass: return Single('\b');
            case 'c' when at < pattern.Length && char.IsAsciiLetter(pattern[at]): return Single(pattern[at++] % 32);
            case 'c':
                // Without a letter after \c, the backslash is a literal one, and the c comes next.
                at--;
                return Single('\\');
            case 'x' when ReadHex(pattern, at, 2) is { } x:
                at += 2;
                return Single(x);
            case 'u': return Single(ParseUnicode(pattern, ref at) ?? 'u');
            case >= '0' and <= '7': return Single(ReadOctal(pattern, ref at));
            default:
                at--;
                return Single(Read(pattern, ref at));
        }
    }

    /// <summary>The code point at a position; an unpaired surrogate is returned as it is.</summary>
    public static int Read(string pattern, ref int at)
    {
        bool isPair = at + 1 < pattern.Length && char.IsSurrogatePair(pattern[at], pattern[at + 1]);
        int codePoint = isPair ? char.ConvertToUtf32(pattern[at], pattern[at + 1]) : pattern[at];
        at += isPair ? 2 : 1;
        return codePoint;
    }

    private static (CodePointSet Set, int? Only) ParseOne(string pattern, ref int at) =>
        pattern[at] == '\\' ? ParseEscape(pattern, ref at, inClass: true) : Single(Read(pattern, ref at));

    private static (CodePointSet Set, int? Only) Single(int codePoint) => (CodePointSet.Of([(codePoint, codePoint)]), codePoint);

    private static void Add(List<(int First, int Last)> ranges, CodePointSet set, int? only)
    {
        if (only is { } one)
        {
            ranges.Add((one, one));
            return;
        }
        foreach ((int First, int Last) range in set.Ranges)
        {
            ranges.Add(range);
        }
    }

    /// <summary>Parses what follows \u: four hex digits (two such escapes may form a pair), or any number of them in braces.</summary>
    private static int? ParseUnicode(string pattern, ref int at)
    {
        if (at < pattern.Length && pattern[at] == '{')
        {
            int end = pattern.IndexOf('}', at);
            string digits = end < 0 ? "" : pattern[(at + 1)..end];
            if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int codePoint) || codePoint is < 0 or > CodePointSet.Last)
            {
                throw RegexParser.Error(pattern, at, "the number of a character in hexadecimal, up to 10FFFF, and '}'", $"'{RegexParser.Excerpt(pattern[at..])}'");
            }
            at = end + 1;
            return codePoint;
        }
        if (ReadHex(pattern, at, 4) is not { } unit)
        {
            return null;
        }
        at += 4;
        if (char.IsHighSurrogate((char)unit) && at + 1 < pattern.Length && pattern[at] == '\\' && pattern[at + 1] == 'u'
            && ReadHex(pattern, at + 2, 4) is { } low && char.IsLowSurrogate((char)low))
        {
            at += 6;
            return char.ConvertToUtf32((char)unit, (char)low);
        }
        return unit;
    }

    private static int? ReadHex(string pattern, int at, int length) =>
        at + length <= pattern.Length && int.TryParse(pattern.AsSpan(at, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            ? value
            : null;

    /// <summary>Reads up to three octal digits, at most 377. The first one has already been read.</summary>
    private static int ReadOctal(string pattern, ref int at)
    {
        int value = pattern[at - 1] - '0';
        for (int i = 0; i < 2 && at < pattern.Length && pattern[at] is >= '0' and <= '7' && value * 8 + (pattern[at] - '0') <= 255; i++)
        {
            value = value * 8 + (pattern[at++] - '0');
        }
        return value;
    }
}
