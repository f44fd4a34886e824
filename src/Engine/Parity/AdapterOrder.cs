namespace Engine.Parity;

/// <summary>Joins the ops of several adapters of one weight. llama.cpp keeps adapters in a hash table by their addresses, so they come in
/// any order. An op is paired with the one whose numbers are nearest.</summary>
internal static class AdapterOrder
{
    /// <param name="native">The native side's ops.</param>
    /// <param name="reference">The reference's.</param>
    /// <param name="partner">For each native op, the index of its reference op, or −1. Changed here for the ops of adapters.</param>
    public static void Join(IReadOnlyList<Activation> native, IReadOnlyList<Activation> reference, int[] partner)
    {
        var repeated = Enumerable.Range(0, native.Count)
            .Where(i => partner[i] >= 0 && LayerRow.IsOfAdapter(native[i].Name))
            .GroupBy(i => (native[i].Part, native[i].Name, native[i].Operation))
            .Where(group => group.Skip(1).Any());
        foreach (int[] ops in repeated.Select(group => group.ToArray()))
        {
            List<int> left = [.. ops.Select(i => partner[i])];
            foreach (int i in ops)
            {
                partner[i] = left.MinBy(r => Distance(native[i], reference[r]));
                left.Remove(partner[i]);
            }
        }
    }

    private static double Distance(Activation a, Activation b)
    {
        if (!ActivationShape.AreSame(a, b))
        {
            return double.PositiveInfinity;
        }
        double squared = 0;
        for (int i = 0; i < a.Values.Length; i++)
        {
            double difference = (double)a.Values[i] - b.Values[i];
            squared += difference * difference;
        }
        return double.IsNaN(squared) ? double.MaxValue : squared;
    }
}
