using System.Globalization;
using System.Text;

namespace Engine.Parity;

/// <summary>Prints the ops as a table of 80 columns: the worst op of each layer, and all ops of the layer that diverges.</summary>
internal static class LayerText
{
    private const int NameWidth = 29; // so that UNMEASURED ends in column 80

    /// <param name="text">Receives the lines.</param>
    /// <param name="layers">The ops.</param>
    /// <param name="scope">What they were compared on.</param>
    /// <param name="fault">The first op that diverges, or null.</param>
    /// <param name="width">The width of text outside the table, in columns.</param>
    public static void Append(StringBuilder text, IReadOnlyList<ParityLayer> layers, LayerScope scope, ParityDivergence? fault, int width = Paragraph.Width)
    {
        string tokens = scope.Positions == scope.Tokens ? $"{scope.Tokens}" : $"the first {scope.Positions} of {scope.Tokens}";
        Paragraph.Append(text, width: width, words: $"Replay in {scope.Arithmetic.ToString().ToLowerInvariant()} arithmetic over {tokens} tokens: the worst op of each layer, "
            + "and in the last column its NMSE with the two runs side by side:");
        Head(text, "layer", "op");
        (string? Part, string Layer)? broken = Broken(layers, fault);
        foreach (IGrouping<(string? Part, string Layer), ParityLayer> layer in Grouped(layers))
        {
            ParityLayer? worst = layer.Where(op => op.Only is null).MaxBy(Excess);
            if (worst is not null)
            {
                Line(text, Label(layer.Key), worst);
            }
        }
        if (broken is { } key)
        {
            text.AppendLine();
            text.AppendLine($"All ops of {(key.Part is null ? "" : key.Part + " ")}{(int.TryParse(key.Layer, out _) ? "layer " : "the ")}{key.Layer}:");
            Head(text, "#", "op");
            foreach (ParityLayer op in Grouped(layers).First(group => group.Key == key).Where(op => op.Only is null || !LayerRow.Moves(op.Op)))
            {
                Line(text, op.Occurrence.ToString(CultureInfo.InvariantCulture), op);
            }
        }
        text.AppendLine();
    }

    /// <summary>How many ops that compute only one side has, and how many that merely move numbers.</summary>
    public static (int Computing, int Moving) Unmeasured(IReadOnlyList<ParityLayer> layers)
    {
        ParityLayer[] alone = [.. layers.Where(op => op.Only is not null)];
        int moving = alone.Count(op => LayerRow.Moves(op.Op));
        return (alone.Length - moving, moving);
    }

    private static (string? Part, string Layer)? Broken(IReadOnlyList<ParityLayer> layers, ParityDivergence? fault)
    {
        foreach (IGrouping<(string? Part, string Layer), ParityLayer> layer in fault?.Name is null ? [] : Grouped(layers))
        {
            if (layer.Any(op => (op.Part, op.Name, op.Op, op.Occurrence) == (fault!.Part, fault.Name, fault.Op, fault.Occurrence)))
            {
                return layer.Key;
            }
        }
        return null;
    }

    private static IEnumerable<IGrouping<(string? Part, string Layer), ParityLayer>> Grouped(IReadOnlyList<ParityLayer> layers)
    {
        var reached = new HashSet<string>();
        return layers.Select(op =>
        {
            string part = op.Part ?? "";
            if (op.Layer is not null)
            {
                reached.Add(part);
            }
            string layer = op.Layer?.ToString(CultureInfo.InvariantCulture) ?? (reached.Contains(part) ? "output" : "input");
            return ((op.Part, layer), op);
        }).ToArray().GroupBy(pair => pair.Item1, pair => pair.op);
    }

    // The larger of the two fractions of its tolerance that an op uses.
    private static double Excess(ParityLayer op) => op.Status != "ok"
        ? double.MaxValue
        : Math.Max(op.Nmse / op.NmseLimit ?? 0, op.WorstElement / op.ElementLimit ?? 0);

    private static string Label((string? Part, string Layer) key) => key.Part is null ? key.Layer : $"{key.Part[..3]} {key.Layer}";

    private static void Head(StringBuilder text, string first, string second) =>
        text.AppendLine($"  {first,-10} {second,-NameWidth} {"NMSE",8} {"|Δ|/RMS",8} {"by side",8}");

    private static void Line(StringBuilder text, string first, ParityLayer op)
    {
        string name = $"{op.Name} ({op.Op})";
        name = name.Length <= NameWidth ? name : name[..(NameWidth - 1)] + "…";
        text.AppendLine(CultureInfo.InvariantCulture, $"  {first,-10} {name,-NameWidth} {Number(op.Nmse),8} {Number(op.WorstElement),8} {Number(op.SideBySideNmse),8} {op.Status}");
    }

    private static string Number(double? value) => value is { } number ? Judgement.Short(number) : "-";
}
