using System.Globalization;
using System.Text;

namespace Engine.Host.Commands.Tokenization;

/// <summary>Token ids in lines, for programs.</summary>
internal static class IdLines
{
    /// <summary>A line for each text.</summary>
    /// <param name="output">Where they go.</param>
    /// <param name="pairs">One for each text.</param>
    /// <param name="asCases">Whether a blank stands before each id, as in llama.cpp's <c>*.gguf.out</c>; else between two.</param>
    public static void Write(TextWriter output, IEnumerable<TextTokens> pairs, bool asCases)
    {
        var lines = new StringBuilder();
        foreach (TextTokens pair in pairs)
        {
            int start = lines.Length;
            foreach (int id in pair.First.Ids)
            {
                lines.Append(asCases || lines.Length > start ? " " : "").Append(CultureInfo.InvariantCulture, $"{id}");
            }
            lines.Append('\n');
        }
        output.Write(lines);
    }

    /// <summary>The first text that two tokenizers split in different ways, and the number of all of them.</summary>
    public static void WriteDifferences(TextWriter error, TextTokens[] pairs)
    {
        int first = Array.FindIndex(pairs, pair => pair.FirstDifference is not null);
        if (first >= 0)
        {
            int count = pairs.Count(pair => pair.FirstDifference is not null);
            string where = pairs.Length == 1 ? "" : $"Text {first + 1} ({count} of {pairs.Length} texts differ): ";
            error.WriteLine(where + pairs[first].DescribeDifference());
        }
    }
}
