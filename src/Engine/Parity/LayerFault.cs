using System.Globalization;

namespace Engine.Parity;

/// <summary>The first diverging op.</summary>
/// <param name="Seen">The first whose results differ by more than its tolerance.</param>
/// <param name="Missing">An earlier op of the same layer that only one side has, and which is therefore the cause; null if there is none.</param>
internal sealed record LayerFault(LayerRow Seen, LayerRow? Missing)
{
    private const string FlashAttention = "FLASH_ATTN_EXT";

    /// <summary>Null if every op is within its tolerance.</summary>
    public static LayerFault? First(List<LayerRow> rows)
    {
        int first = rows.FindIndex(row => row.Diverges);
        if (first < 0)
        {
            return null;
        }
        LayerRow seen = rows[first];
        HashSet<int?> shared = [.. rows.Where(row => row.IsJoined && row.Part == seen.Part).Select(row => row.Layer)];
        // In the same layer, or in one that the other side lacks entirely.
        LayerRow[] before =
        [
            .. rows.Take(first).Where(row => row is { IsJoined: false, Computes: true, IsPartialSum: false } && row.Part == seen.Part
                && (row.Layer == seen.Layer || !shared.Contains(row.Layer))),
        ];
        // One op that replaces several.
        bool fused = before.Any(row => row.Operation == FlashAttention);
        return new LayerFault(seen, before.FirstOrDefault(row => !fused || !(row.Operation == FlashAttention || IsScore(row.Name))));
    }

    /// <summary>Describes what differs, where, by how much, and why that is too much.</summary>
    public string Explain() => Missing is { } missing
        ? $"{missing.Describe()}: only {(missing.Native is null ? "the reference" : "the native side")} has it, and after it {Seen.Describe()} differs: {Measured()}"
        : $"{Seen.Describe()}: {Measured()}";

    /// <param name="input">What the models were run on.</param>
    public ParityDivergence ToDivergence(ParityInput input)
    {
        LayerRow named = Missing ?? Seen;
        ParityLayer seen = Seen.ToLayer();
        int tokens = Seen.Part == "encoder" ? input.Source!.Count : input.Tokens.Count;
        int position = Seen.Replay is { } measure ? ActivationShape.Position(Seen.Native!, measure.WorstRow, tokens) : 0;
        return new ParityDivergence(position, seen.MaxAbsDiff, seen.Nmse)
        {
            Name = named.Name,
            Op = named.Operation,
            Occurrence = named.Occurrence,
            Part = named.Part,
            Layer = named.Layer,
        };
    }

    private string Measured()
    {
        if (Seen.Replay is not { } measure)
        {
            return $"the native shape is ({Dimensions(Seen.Native!)}), the reference's another";
        }
        OpTolerance tolerance = Seen.Tolerance!;
        string what = !measure.IsFinite ? "NaN or infinity"
            : measure.Nmse > tolerance.Nmse ? $"NMSE {Judgement.Number(measure.Nmse)} is above {Judgement.Number(tolerance.Nmse)}"
            : $"an entry is off by {Judgement.Number(measure.WorstElement)} times the RMS of its row, above {Judgement.Number(tolerance.Element)}";
        return measure.IsFinite ? $"{what} ({tolerance.Reason})" : what;
    }

    private static bool IsScore(string name) => name.StartsWith("kq", StringComparison.Ordinal);

    private static string Dimensions(Activation activation) =>
        string.Join(", ", activation.Shape.Select(size => size.ToString(CultureInfo.InvariantCulture)));
}
