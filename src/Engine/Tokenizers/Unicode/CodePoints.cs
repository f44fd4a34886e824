using System.Globalization;

namespace Engine.Tokenizers.Unicode;

/// <summary>Unicode 15.1.0, the version of llama.cpp's tables, read from the file beside this one. The runtime's own tables
/// have another version and depend on its globalization mode.</summary>
internal static class CodePoints
{
    /// <summary>One more than the last code point.</summary>
    public const int Count = 0x110000;

    /// <summary>U+FFFD.</summary>
    public const int Replacement = 0xFFFD;

    private static readonly CodePointMap<byte> FlagMap;
    private static readonly CodePointMap<byte> CategoryMap;

    // differences, so that nearly all pages are the empty one
    private static readonly CodePointMap<int> LowercaseOffset;

    static CodePoints()
    {
        var flags = new byte[Count];
        var categories = new byte[Count];
        var lowercase = new int[Count];
        Array.Fill(flags, (byte)CodePointFlags.Unassigned);
        Array.Fill(categories, (byte)UnicodeCategory.OtherNotAssigned);
        foreach (string[] fields in UnicodeTable.Lines("gwl"))
        {
            Range range = UnicodeTable.Hex(fields[1])..(UnicodeTable.Hex(fields[2]) + 1);
            switch (fields[0])
            {
                case "g":
                    flags.AsSpan(range).Fill((byte)FlagOf(fields[3][0]));
                    categories.AsSpan(range).Fill((byte)CategoryOf(fields[3]));
                    break;
                case "w":
                    foreach (ref byte flag in flags.AsSpan(range))
                    {
                        flag |= (byte)CodePointFlags.Whitespace;
                    }
                    break;
                case "l":
                    for (int point = range.Start.Value; point < range.End.Value; point += UnicodeTable.Hex(fields[3]))
                    {
                        lowercase[point] = UnicodeTable.Hex(fields[4]) - range.Start.Value;
                    }
                    break;
            }
        }
        FlagMap = new CodePointMap<byte>(flags);
        CategoryMap = new CodePointMap<byte>(categories);
        LowercaseOffset = new CodePointMap<int>(lowercase);
    }

    /// <summary>What a code point is, as far as pre-tokenizers need to know.</summary>
    public static CodePointFlags Flags(int codePoint) => (CodePointFlags)FlagMap[codePoint];

    /// <summary>The full general category.</summary>
    public static UnicodeCategory Category(int codePoint) => (UnicodeCategory)CategoryMap[codePoint];

    /// <summary>The simple lowercase mapping.</summary>
    public static int Lowercase(int codePoint) => codePoint + LowercaseOffset[codePoint];

    private static CodePointFlags FlagOf(char letter) => letter switch
    {
        'N' => CodePointFlags.Number,
        'L' => CodePointFlags.Letter,
        'Z' => CodePointFlags.Whitespace,
        'M' => CodePointFlags.Mark,
        'P' => CodePointFlags.Punctuation,
        'S' => CodePointFlags.Symbol,
        _ => CodePointFlags.Control,
    };

    private static UnicodeCategory CategoryOf(string letters) => letters switch
    {
        "Lu" => UnicodeCategory.UppercaseLetter,
        "Ll" => UnicodeCategory.LowercaseLetter,
        "Lt" => UnicodeCategory.TitlecaseLetter,
        "Lm" => UnicodeCategory.ModifierLetter,
        "Lo" => UnicodeCategory.OtherLetter,
        "Mn" => UnicodeCategory.NonSpacingMark,
        "Mc" => UnicodeCategory.SpacingCombiningMark,
        "Me" => UnicodeCategory.EnclosingMark,
        "Nd" => UnicodeCategory.DecimalDigitNumber,
        "Nl" => UnicodeCategory.LetterNumber,
        "No" => UnicodeCategory.OtherNumber,
        "Zs" => UnicodeCategory.SpaceSeparator,
        "Zl" => UnicodeCategory.LineSeparator,
        "Zp" => UnicodeCategory.ParagraphSeparator,
        "Cc" => UnicodeCategory.Control,
        "Cf" => UnicodeCategory.Format,
        "Cs" => UnicodeCategory.Surrogate,
        "Co" => UnicodeCategory.PrivateUse,
        "Pc" => UnicodeCategory.ConnectorPunctuation,
        "Pd" => UnicodeCategory.DashPunctuation,
        "Ps" => UnicodeCategory.OpenPunctuation,
        "Pe" => UnicodeCategory.ClosePunctuation,
        "Pi" => UnicodeCategory.InitialQuotePunctuation,
        "Pf" => UnicodeCategory.FinalQuotePunctuation,
        "Po" => UnicodeCategory.OtherPunctuation,
        "Sm" => UnicodeCategory.MathSymbol,
        "Sc" => UnicodeCategory.CurrencySymbol,
        "Sk" => UnicodeCategory.ModifierSymbol,
        "So" => UnicodeCategory.OtherSymbol,
        _ => throw new InvalidDataException($"'{letters}' in Unicode's table is not a general category."),
    };
}
