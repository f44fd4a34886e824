using System.Text;

namespace Engine.Parity;

/// <summary>Text broken at words.</summary>
internal static class Paragraph
{
    /// <summary>Columns where nothing else is known.</summary>
    public const int Width = 80;

    /// <summary>Appends the words and the end of the line. A word that is longer than a line stays whole.</summary>
    /// <param name="text">Stands at column <paramref name="indent"/>.</param>
    /// <param name="words">Separated by blanks.</param>
    /// <param name="width">Columns of a line.</param>
    /// <param name="indent">Blanks before each further line.</param>
    public static void Append(StringBuilder text, string words, int width = Width, int indent = 0)
    {
        int column = indent;
        bool first = true;
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!first && column + 1 + word.Length > width)
            {
                text.AppendLine().Append(' ', indent);
                column = indent;
                first = true;
            }
            text.Append(first ? "" : " ").Append(word);
            column += word.Length + (first ? 0 : 1);
            first = false;
        }
        text.AppendLine();
    }
}
