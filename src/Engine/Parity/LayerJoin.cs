using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Parity;

/// <summary>Pairs two sides' activations, in the order of the native graph.</summary>
internal static partial class LayerJoin
{
    /// <summary>Pairs activations by part, name, operation and occurrence. What is left over between the same neighbours is paired by operation and shape,
    /// because llama.cpp names a product after what is done with it next.</summary>
    public static List<LayerRow> Join(IReadOnlyList<Activation> native, IReadOnlyList<Activation> reference)
    {
        int[] partner = Partners(native, reference);                // for each native activation, the index of its reference activation, or −1
        int[] anchor = Anchors(native.Count, reference.Count, partner);
        ILookup<int, int> alone = Enumerable.Range(0, reference.Count).Except(partner).ToLookup(r => anchor[r]);
        var rows = new List<LayerRow>(native.Count);
        rows.AddRange(alone[-1].Select(r => ReferenceOnly(reference[r])));
        for (int i = 0; i < native.Count; i++)
        {
            rows.Add(partner[i] < 0 ? NativeOnly(native[i]) : Both(native[i], reference[partner[i]]));
            rows.AddRange(alone[i].Select(r => ReferenceOnly(reference[r])));
        }
        foreach (IGrouping<string?, LayerRow> part in rows.GroupBy(row => row.Part))
        {
            NumberLayers([.. part]);
        }
        return rows;
    }

    private static int[] Partners(IReadOnlyList<Activation> native, IReadOnlyList<Activation> reference)
    {
        Dictionary<LayerKey, int> byKey = [];
        for (int r = 0; r < reference.Count; r++)
        {
            byKey[LayerKey.Of(reference[r])] = r;
        }
        int[] partner = [.. native.Select(activation => byKey.GetValueOrDefault(LayerKey.Of(activation), -1))];
        AdapterOrder.Join(native, reference, partner);
        int[] anchor = Anchors(native.Count, reference.Count, partner);
        foreach (int r in Enumerable.Range(0, reference.Count).Except(partner).ToArray())
        {
            // Search between the native counterpart of the reference's previous op and the next op that both sides have.
            for (int i = anchor[r] + 1; i < native.Count && partner[i] < 0; i++)
            {
                if (native[i].Part == reference[r].Part && IsAlike(native[i], reference[r]) && ActivationShape.AreSame(native[i], reference[r]))
                {
                    partner[i] = r;
                    break;
                }
            }
        }
        return partner;
    }

    // After flash attention, llama.cpp gives the same name to a view, where otherwise it is a copy.
    private static bool IsAlike(Activation native, Activation reference) => native.Operation == reference.Operation
        || (native.Name == reference.Name && LayerRow.Moves(native.Operation) && LayerRow.Moves(reference.Operation));

    // For each reference activation, the native index of the last paired one up to it, or −1.
    private static int[] Anchors(int native, int reference, int[] partner)
    {
        int[] anchor = new int[reference];
        Array.Fill(anchor, -1);
        for (int i = 0; i < native; i++)
        {
            if (partner[i] >= 0)
            {
                anchor[partner[i]] = i;
            }
        }
        for (int r = 1; r < reference; r++)
        {
            anchor[r] = anchor[r] < 0 ? anchor[r - 1] : anchor[r];
        }
        return anchor;
    }

    private static LayerRow Both(Activation native, Activation reference) => new()
    {
        Part = native.Part,
        Name = native.Name,
        Operation = native.Operation,
        Occurrence = native.Occurrence,
        Native = native,
        Reference = LayerKey.Of(reference),
        ShapesDiffer = !ActivationShape.AreSame(native, reference),
    };

    private static LayerRow NativeOnly(Activation native) => new()
    {
        Part = native.Part,
        Name = native.Name,
        Operation = native.Operation,
        Occurrence = native.Occurrence,
        Native = native,
    };

    private static LayerRow ReferenceOnly(Activation reference) => new()
    {
        Part = reference.Part,
        Name = reference.Name,
        Operation = reference.Operation,
        Occurrence = reference.Occurrence,
        Reference = LayerKey.Of(reference),
    };

    // Names contain their layer. An activation without one belongs to the last layer reached, because
    // a layer may select rows of the previous one.
    private static void NumberLayers(LayerRow[] rows)
    {
        int?[] named = [.. rows.Select(row => LayerOf(row.Name))];
        int last = Array.FindLastIndex(named, layer => layer is not null);
        int? layer = null;
        for (int i = 0; i < rows.Length; i++)
        {
            if (named[i] is { } own && !(layer > own))
            {
                layer = own;
            }
            rows[i].Layer = named[i] ?? (i < last ? layer : null);
        }
    }

    private static int? LayerOf(string name) =>
        Suffix().Match(name) is { Success: true } match && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
            ? layer : null;

    [GeneratedRegex(@"-([0-9]+)(?: \(|$)")]
    private static partial Regex Suffix();
}
