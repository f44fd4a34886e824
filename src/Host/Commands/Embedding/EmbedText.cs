using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using Engine.Host.Commands.Tokenization;

namespace Engine.Host.Commands.Embedding;

/// <summary>What <c>embed</c> prints for people, in 80 columns: the first numbers of each row, and how similar the rows are.</summary>
internal static class EmbedText
{
    private const int Width = 80;
    private const int NumberCells = 9;
    private const int MaxCompared = 8;

    public static void Write(TextWriter output, EmbedReport report, IReadOnlyList<EmbedInput> inputs, IModel model)
    {
        var text = new StringBuilder();
        string what = report.Pooling == Pooling.Rank ? $"{report.Dimensions} scores of the classifier"
            : $"pooling {report.Pooling.ToString().ToLowerInvariant()}, {report.Dimensions} dimensions{(report.Normalized ? ", of length 1" : "")}";
        Line(text, $"{PieceText.Fit(report.Model, 30).TrimEnd(' ')} by {report.Backend}: {what}");
        int row = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            int tokens = report.Tokens[i].Count;
            Line(text, "");
            Line(text, $"{i + 1,3}  {PieceText.Fit(inputs[i].Describe(), Width - 20).TrimEnd(' ')}, {tokens} token{(tokens == 1 ? "" : "s")}");
            if (report.Pooling != Pooling.None)
            {
                Line(text, $"     {Numbers(report.Embeddings[row++], Width - 5)}");
                continue;
            }
            foreach (int token in report.Tokens[i])
            {
                Line(text, $"     {PieceText.Fit(PieceText.Of(model, token), 15)} {Numbers(report.Embeddings[row++], Width - 21)}");
            }
        }
        if (inputs.Count is > 1 and <= MaxCompared && report.Pooling is not (Pooling.None or Pooling.Rank))
        {
            AppendSimilarities(text, report.Embeddings);
        }
        output.Write(text);
    }

    private static void AppendSimilarities(StringBuilder text, IReadOnlyList<float[]> rows)
    {
        Line(text, "");
        Line(text, "Cosine similarity");
        Line(text, "   " + string.Concat(Enumerable.Range(1, rows.Count).Select(i => $"{i,NumberCells}")));
        for (int i = 0; i < rows.Count; i++)
        {
            Line(text, $"{i + 1,3}" + string.Concat(rows.Select(row => Number(TensorPrimitives.CosineSimilarity<float>(rows[i], row)))));
        }
    }

    private static string Numbers(float[] row, int cells)
    {
        int count = row.Length * NumberCells <= cells ? row.Length : (cells - 2) / NumberCells;
        return string.Concat(row.Take(count).Select(Number)) + (count < row.Length ? " …" : "");
    }

    private static string Number(float value) =>
        value.ToString(MathF.Abs(value) < 1000 ? "0.00000" : "0.##E+0", CultureInfo.InvariantCulture).PadLeft(NumberCells);

    private static void Line(StringBuilder text, string line) => text.Append(line.TrimEnd(' ')).Append('\n');
}
