using System.Globalization;

namespace Engine.Constraints.Languages;

/// <summary>The sets of code points that have a name in ECMAScript's regular expressions.</summary>
internal static class CharacterClasses
{
    public static readonly CodePointSet Digits = CodePointSet.Of([('0', '9')]);

    public static readonly CodePointSet Words = CodePointSet.Of([('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')]);

    public static readonly CodePointSet Spaces = CodePointSet.Of(
        [(9, 13), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)]);

    /// <summary>What the dot matches: everything but line ends.</summary>
    public static readonly CodePointSet Dot = ~CodePointSet.Of([('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)]);

    // In the order of UnicodeCategory.
    private static readonly string[] ShortNames =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly Dictionary<string, string> LongNames = new()
    {
        ["Letter"] = "L",
        ["Cased_Letter"] = "LC",
        ["Uppercase_Letter"] = "Lu",
        ["Lowercase_Letter"] = "Ll",
        ["Titlecase_Letter"] = "Lt",
        ["Modifier_Letter"] = "Lm",
        ["Other_Letter"] = "Lo",
        ["Mark"] = "M",
        ["Combining_Mark"] = "M",
        ["Nonspacing_Mark"] = "Mn",
        ["Spacing_Mark"] = "Mc",
        ["Enclosing_Mark"] = "Me",
        ["Number"] = "N",
        ["Decimal_Number"] = "Nd",
        ["digit"] = "Nd",
        ["Letter_Number"] = "Nl",
        ["Other_Number"] = "No",
        ["Separator"] = "Z",
        ["Space_Separator"] = "Zs",
        ["Line_Separator"] = "Zl",
        ["Paragraph_Separator"] = "Zp",
        ["Other"] = "C",
        ["Control"] = "Cc",
        ["cntrl"] = "Cc",
        ["Format"] = "Cf",
        ["Surrogate"] = "Cs",
        ["Private_Use"] = "Co",
        ["Unassigned"] = "Cn",
        ["Punctuation"] = "P",
        ["punct"] = "P",
        ["Connector_Punctuation"] = "Pc",
        ["Dash_Punctuation"] = "Pd",
        ["Open_Punctuation"] = "Ps",
        ["Close_Punctuation"] = "Pe",
        ["Initial_Punctuation"] = "Pi",
        ["Final_Punctuation"] = "Pf",
        ["Other_Punctuation"] = "Po",
        ["Symbol"] = "S",
        ["Math_Symbol"] = "Sm",
        ["Currency_Symbol"] = "Sc",
        ["Modifier_Symbol"] = "Sk",
        ["Other_Symbol"] = "So",
    };

    private static readonly Lazy<CodePointSet[]> Categories = new(ReadCategories);

    /// <summary>The set that <c>\p{…}</c> names: a general category, or one of the few properties that are simple ranges. Null for other names.</summary>
    public static CodePointSet? Find(string property)
    {
        foreach (string prefix in (ReadOnlySpan<string>)["General_Category=", "gc="])
        {
            if (property.StartsWith(prefix, StringComparison.Ordinal))
            {
                return FindCategory(property[prefix.Length..]);
            }
        }
        return property switch
        {
            "Any" => CodePointSet.All,
            "ASCII" => CodePointSet.Of([(0, 127)]),
            "Assigned" => ~FindCategory("Cn")!,
            "ASCII_Hex_Digit" or "AHex" => CodePointSet.Of([('0', '9'), ('a', 'f'), ('A', 'F')]),
            "White_Space" or "space" => CodePointSet.Of(
                [(9, 13), (' ', ' '), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)]),
            _ => FindCategory(property),
        };
    }

    private static CodePointSet? FindCategory(string name)
    {
        name = LongNames.GetValueOrDefault(name, name);
        CodePointSet? found = null;
        for (int i = 0; i < ShortNames.Length; i++)
        {
            if (name == "LC" ? i <= (int)UnicodeCategory.TitlecaseLetter : ShortNames[i] == name || (name.Length == 1 && ShortNames[i][0] == name[0]))
            {
                found = found is null ? Categories.Value[i] : found | Categories.Value[i];
            }
        }
        return found;
    }

    private static CodePointSet[] ReadCategories()
    {
        var ranges = new List<(int First, int Last)>[ShortNames.Length];
        for (int i = 0; i < ranges.Length; i++)
        {
            ranges[i] = [];
        }
        int first = 0;
        UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(0);
        for (int codePoint = 1; codePoint <= CodePointSet.Last + 1; codePoint++)
        {
            UnicodeCategory? next = codePoint > CodePointSet.Last ? null : CharUnicodeInfo.GetUnicodeCategory(codePoint);
            if (next != category)
            {
                ranges[(int)category].Add((first, codePoint - 1));
                first = codePoint;
                category = next ?? category;
            }
        }
        return [.. ranges.Select(static r => CodePointSet.Of([.. r]))];
    }
}
