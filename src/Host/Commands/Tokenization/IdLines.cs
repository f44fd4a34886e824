using System.Globalization;
using System.Text;

namespace Engine.Host.Commands.Tokenization;

/// <summary>Token ids in lines, for programs.</summary>
internal static class IdLines
{
    /// <summary>A line for each text.</summary>
    /// <param name="output">The output.</param>
    /// <param name="pairs">One for each text.</param>
    /// <param name="asCases">Whether each id is preceded by a space, as in llama.cpp's <c>*.gguf.out</c>; otherwise ids are separated by spaces.</param>
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

    /// <summary>The first text that two tokenizers split differently, and the number of such texts.</summary>
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
