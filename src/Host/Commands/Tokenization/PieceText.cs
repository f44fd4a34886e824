using System.Globalization;
using System.Text;

namespace Engine.Host.Commands.Tokenization;

/// <summary>Token texts for a terminal, without anything that moves the cursor or breaks the columns.</summary>
internal static class PieceText
{
    // East Asian Width W and F (UAX #11), the blocks that matter; terminals give such a character two cells.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F),
        (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    /// <summary>A token's own text, or its id if the model has no vocabulary.</summary>
    public static string Of(IModel model, int token) =>
        model.Card.HasVocabulary ? model.Tokenizer.GetPiece(token) : token.ToString(CultureInfo.InvariantCulture);

    /// <summary>Control, format and unassigned characters as escapes.</summary>
    public static string Printable(string text)
    {
        var printable = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Append(printable, rune);
        }
        return printable.ToString();
    }

    /// <summary>The text in exactly this many cells: cut with an ellipsis, or filled with blanks.</summary>
    public static string Fit(string text, int cells)
    {
        string printable = Printable(text);
        int width = printable.EnumerateRunes().Sum(Cells);
        if (width <= cells)
        {
            return printable + new string(' ', cells - width);
        }
        var cut = new StringBuilder();
        int used = 0;
        foreach (Rune rune in printable.EnumerateRunes())
        {
            if (used + Cells(rune) > cells - 1)
            {
                break;
            }
            cut.Append(rune.ToString());
            used += Cells(rune);
        }
        return cut.Append('…').Append(' ', cells - 1 - used).ToString();
    }

    /// <summary>The number of terminal cells that a character takes.</summary>
    public static int Cells(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0
        : Array.Exists(Wide, range => rune.Value >= range.First && rune.Value <= range.Last) ? 2 : 1;

    private static void Append(StringBuilder printable, Rune rune)
    {
        switch (rune.Value)
        {
            case '\n': printable.Append("\\n"); break;
            case '\t': printable.Append("\\t"); break;
            case '\r': printable.Append("\\r"); break;
            case int value when IsInvisible(Rune.GetUnicodeCategory(rune)):
                printable.Append(CultureInfo.InvariantCulture, $"\\u{{{value:X}}}");
                break;
            default: printable.Append(rune.ToString()); break;
        }
    }

    private static bool IsInvisible(UnicodeCategory category) => category is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
