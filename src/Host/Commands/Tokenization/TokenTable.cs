using System.Globalization;
using System.Text;

namespace Engine.Host.Commands.Tokenization;

/// <summary>What <c>tokenize</c> prints for people, in 80 columns: a line for each token.</summary>
internal static class TokenTable
{
    private const int IndexCells = 6;
    private const int IdCells = 8;
    private const int PieceCells = 25;
    private const int TextCells = 33;

    /// <param name="output">Where it goes.</param>
    /// <param name="pair">The tokens.</param>
    /// <param name="color"><c>auto</c>, <c>always</c> or <c>never</c>.</param>
    public static void Write(TextWriter output, TokenizationPair pair, string color)
    {
        TokenColors colors = TokenColors.Choose(color);
        var text = new StringBuilder();
        if (colors.Enabled && pair.First.Ids.Count > 0)
        {
            text.Append(colors.Text(pair.First)).Append("\n\n");
        }
        if (pair.Second is { } second)
        {
            AppendBoth(text, pair, second, colors);
        }
        else
        {
            AppendOne(text, pair.First, colors);
        }
        string count = string.Create(CultureInfo.InvariantCulture,
            $"{Plural(pair.First.Ids.Count, "token")}, {Plural(pair.Text.EnumerateRunes().Count(), "character")}");
        string verdict = pair.DescribeDifference() is { } difference ? colors.Alarm(difference)
            : pair.Second is { Backend: { } other } ? $"{count}; {pair.First.Backend} and {other} agree." : $"{count}, by {pair.First.Backend}.";
        output.Write(text.Append(verdict).Append('\n'));
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

    private static void AppendBoth(StringBuilder text, TokenizationPair pair, Tokenization second, TokenColors colors)
    {
        text.Append(colors.Quiet($"{"#",IndexCells}  {pair.First.Backend,-(IdCells + PieceCells + 1)}   {second.Backend}")).Append('\n');
        int count = Math.Max(pair.First.Ids.Count, second.Ids.Count);
        for (int i = 0; i < count; i++)
        {
            bool first = i == pair.FirstDifference;
            string index = first ? colors.Alarm(">" + Index(i)[1..]) : colors.Quiet(Index(i));
            AppendLine(text, $"{index}{Cells(pair.First, i, colors)} {(first ? colors.Alarm("|") : " ")}{Cells(second, i, colors)}");
        }
        text.Append('\n');
    }

    private static string Index(int index) => string.Create(CultureInfo.InvariantCulture, $"{index,IndexCells}");

    private static string Cells(Tokenization tokens, int index, TokenColors colors) => index < tokens.Ids.Count
        ? string.Create(CultureInfo.InvariantCulture, $"{tokens.Ids[index],IdCells}  {colors.Piece(PieceText.Fit(tokens.Pieces[index], PieceCells), index)}")
        : new string(' ', IdCells + 2 + PieceCells);

    // Fit fills with blanks, and a token's own at its end are to be seen.
    private static string TrailingBlanks(string text) =>
        new(' ', Math.Min(text.Length - text.TrimEnd(' ').Length, TextCells - 2 - PieceText.Fit(text, TextCells - 2).TrimEnd(' ').Length));

    private static void AppendLine(StringBuilder text, string line) => text.Append(line.TrimEnd(' ')).Append('\n');

    private static string Plural(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");
}
