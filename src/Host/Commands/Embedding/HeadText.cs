using System.Globalization;
using System.Text;
using Engine.Host.Commands.Tokenization;

namespace Engine.Host.Commands.Embedding;

/// <summary>What <c>embed --head</c> prints for people, in 80 columns: the likeliest first.</summary>
internal static class HeadText
{
    private const int Shown = 10;
    private const int TextCells = 60;

    public static string Describe(MaskReport report, IReadOnlyList<EmbedInput> inputs)
    {
        var text = Begin(report.Model, report.Backend, "masked-token head");
        foreach ((EmbedInput input, MaskedInput filled) in inputs.Zip(report.Inputs))
        {
            Title(text, input, filled.Tokens.Count);
            foreach (Mask mask in filled.Masks)
            {
                text.Append(CultureInfo.InvariantCulture, $"     position {mask.Position}\n");
                Rank(text, mask.Candidates.Select(candidate => (candidate.Probability, candidate.Piece)));
            }
        }
        return text.ToString();
    }

    public static string Describe(ClassReport report, IReadOnlyList<EmbedInput> inputs)
    {
        var text = Begin(report.Model, report.Backend, $"{report.Head} head");
        foreach ((EmbedInput input, ClassifiedInput classified) in inputs.Zip(report.Inputs))
        {
            Title(text, input, classified.Tokens.Count);
            Rank(text, classified.Probabilities.Zip(report.Labels).OrderByDescending(pair => pair.First).Take(Shown));
        }
        return text.ToString();
    }

    private static StringBuilder Begin(string model, string backend, string head) =>
        new StringBuilder().Append(PieceText.Fit(model, 30).TrimEnd(' ')).Append($" by {backend}, {head}\n");

    private static void Title(StringBuilder text, EmbedInput input, int tokens) => text.Append(CultureInfo.InvariantCulture,
        $"\n     {PieceText.Fit(input.Describe(), TextCells).TrimEnd(' ')}, {tokens} token{(tokens == 1 ? "" : "s")}\n");

    private static void Rank(StringBuilder text, IEnumerable<(double Probability, string Name)> names)
    {
        foreach ((double probability, string name) in names)
        {
            text.Append(CultureInfo.InvariantCulture, $"     {probability,9:0.00000}  {PieceText.Fit(name, TextCells).TrimEnd(' ')}\n");
        }
    }
}
