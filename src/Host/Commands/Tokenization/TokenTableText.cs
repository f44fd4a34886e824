using System.Globalization;
using System.Text;
using Engine.Parity;

namespace Engine.Host.Commands.Tokenization;

/// <summary>What <c>tokenize</c> prints for people, in 80 columns: a line for each token.</summary>
internal static class TokenTableText
{
    private const int IndexCells = 6;
    private const int IdCells = 8;
    private const int PieceCells = 25;
    private const int NarrowPieceCells = 13; // in a table of three columns
    private const int TextCells = 33;

    /// <param name="output">The output.</param>
    /// <param name="split">The tokens.</param>
    /// <param name="color"><c>auto</c>, <c>always</c> or <c>never</c>.</param>
    public static void Write(TextWriter output, TextTokens split, string color)
    {
        TokenColors colors = TokenColors.Choose(color);
        var text = new StringBuilder();
        if (colors.Enabled && split.First.Ids.Count > 0)
        {
            text.Append(colors.Text(split.First)).Append("\n\n");
        }
        if (split.Others.Count > 0)
        {
            AppendColumns(text, Columns(split), colors);
        }
        else
        {
            AppendOne(text, split.First, colors);
        }
        string count = string.Create(CultureInfo.InvariantCulture,
            $"{Plural(split.First.Ids.Count, "token")}, {Plural(split.Text.EnumerateRunes().Count(), "character")}");
        if (split.DescribeDifference() is { } difference)
        {
            text.Append(colors.Alarm(difference)).Append('\n');
        }
        else
        {
            Paragraph.Append(text, width: Screen.OutputWidth ?? int.MaxValue, words: split.Others.Count == 0 ? $"{count}, by {split.First.Name}."
                : $"{count}; {string.Join(", ", split.Others.Prepend(split.First).SkipLast(1).Select(each => each.Name))} and {split.Others[^1].Name} agree.");
        }
        output.Write(text.ToString());
    }

    private static void AppendOne(StringBuilder text, Tokenization tokens, TokenColors colors)
    {
        text.Append(colors.Quiet($"{"#",IndexCells}{"id",IdCells}  {"piece",-PieceCells}  text")).Append('\n');
        for (int i = 0; i < tokens.Ids.Count; i++)
        {
            string shown = tokens.Texts[i].Length > 0 ? $"\"{PieceText.Fit(tokens.Texts[i], TextCells - 2).TrimEnd(' ')}{TrailingBlanks(tokens.Texts[i])}\"" : "";
            AppendLine(text, $"{colors.Quiet(Index(i))}{Cells(tokens, i, colors)}  {shown}");
        }
        text.Append('\n');
    }

    // Each tokenizer that differs beside the first; if all agree, just one of them.
    private static List<Tokenization> Columns(TextTokens split)
    {
        List<Tokenization> columns = [split.First];
        columns.AddRange(split.Others.Where(other => split.First.DifferenceFrom(other) is not null));
        for (int i = columns.Count - 1; i > 1; i--)
        {
            if (columns[..i].Any(column => column.DifferenceFrom(columns[i]) is null))
            {
                columns.RemoveAt(i);
            }
        }
        return columns.Count > 1 ? columns : [split.First, split.Others[0]];
    }

    private static void AppendColumns(StringBuilder text, List<Tokenization> columns, TokenColors colors)
    {
        int pieceCells = columns.Count == 2 ? PieceCells : NarrowPieceCells;
        text.Append(colors.Quiet($"{"#",IndexCells}  {string.Join("   ", columns.Select(column => PieceText.Fit(column.Name, IdCells + pieceCells + 1)))}".TrimEnd(' '))).Append('\n');
        int?[] differences = [.. columns.Select(columns[0].DifferenceFrom)];
        int count = columns.Max(column => column.Ids.Count);
        for (int i = 0; i < count; i++)
        {
            var line = new StringBuilder(differences.Contains(i) ? colors.Alarm(">" + Index(i)[1..]) : colors.Quiet(Index(i)));
            for (int column = 0; column < columns.Count; column++)
            {
                line.Append(column == 0 ? "" : differences[column] == i ? " " + colors.Alarm("|") : "  ").Append(Cells(columns[column], i, colors, pieceCells));
            }
            AppendLine(text, line.ToString());
        }
        text.Append('\n');
    }

    private static string Index(int index) => string.Create(CultureInfo.InvariantCulture, $"{index,IndexCells}");

    private static string Cells(Tokenization tokens, int index, TokenColors colors, int pieceCells = PieceCells) => index < tokens.Ids.Count
        ? string.Create(CultureInfo.InvariantCulture, $"{tokens.Ids[index],IdCells}  {colors.Piece(PieceText.Fit(tokens.Pieces[index], pieceCells), index)}")
        : new string(' ', IdCells + 2 + pieceCells);

    // Fit pads with spaces, from which a token's own trailing spaces must be distinguishable.
    private static string TrailingBlanks(string text) =>
        new(' ', Math.Min(text.Length - text.TrimEnd(' ').Length, TextCells - 2 - PieceText.Fit(text, TextCells - 2).TrimEnd(' ').Length));

    private static void AppendLine(StringBuilder text, string line) => text.Append(line.TrimEnd(' ')).Append('\n');

    private static string Plural(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");
}
