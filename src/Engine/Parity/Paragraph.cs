using System.Text;

namespace Engine.Parity;

/// <summary>Wraps text at words.</summary>
internal static class Paragraph
{
    /// <summary>The default number of columns.</summary>
    public const int Width = 80;

    /// <summary>Appends the words and the end of the line. A word that is longer than a line is not broken, and % stays with its number.</summary>
    /// <param name="text">The text so far, which must end at column <paramref name="indent"/>.</param>
    /// <param name="words">The words, separated by blanks.</param>
    /// <param name="width">The number of columns of a line.</param>
    /// <param name="indent">The number of blanks before each further line.</param>
    public static void Append(StringBuilder text, string words, int width = Width, int indent = 0)
    {
        int column = indent;
        bool first = true;
        foreach (string word in Words(words))
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

    private static List<string> Words(string text)
    {
        List<string> words = [];
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word[0] == '%' && words.Count > 0)
            {
                words[^1] += " " + word;
            }
            else
            {
                words.Add(word);
            }
        }
        return words;
    }
}
