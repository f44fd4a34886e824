namespace Engine.Parity;

/// <summary>Determines how many tokens' activations fit into memory.</summary>
internal static class LayerBudget
{
    // llama.cpp pads its key/value cache to multiples of this many positions.
    private const int CacheStep = 256;

    // The native side's activations, the reference's, and those of the previous pass that have not been garbage-collected yet.
    private const int Copies = 3;

    // Small enough for any model, and more than one token, which some graphs treat specially.
    private const int ProbeTokens = 2;

    /// <summary>Cuts an input to what fits.</summary>
    /// <exception cref="InsufficientMemoryException">Not even one token fits; the message contains both numbers.</exception>
    public static async Task<ActivationQuery> FitAsync(IModel native, ActivationQuery input, long bytes, CancellationToken cancellationToken)
    {
        ActivationQuery probe = input.Take(ProbeTokens);
        IReadOnlyList<Activation> small = await probe.ReadAsync(native, [], cancellationToken).ConfigureAwait(false);
        (int low, int high) = (0, input.Length);
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = Bytes(small, probe.Length, middle) <= bytes ? (middle, high) : (low, middle - 1);
        }
        if (low == 0)
        {
            double required = Bytes(small, probe.Length, 1);
            throw new InsufficientMemoryException(
                $"Looking inside {native.Card.Name}: expected room for the activations of one token, {required / (1 << 20):F0} MiB for both sides, found {bytes >> 20} MiB. Compare a smaller model.",
                (long)required, bytes);
        }
        return low == input.Length ? input : input.Take(low);
    }

    // Attention scores grow with the square of the length, views of the cache with its padded length, everything else with the length.
    private static double Bytes(IReadOnlyList<Activation> small, int probe, int length)
    {
        double times = (double)length / probe, steps = (length + CacheStep - 1) / CacheStep;
        return Copies * sizeof(float) * small.Sum(activation => activation.Values.Length * (
            activation.Name.StartsWith("cache_", StringComparison.Ordinal) ? steps : IsSquare(activation.Name) ? times * times : times));
    }

    private static bool IsSquare(string name) => name.StartsWith("pos_", StringComparison.Ordinal)
        || (name.StartsWith("kq", StringComparison.Ordinal) && !name.StartsWith("kqv", StringComparison.Ordinal));
}
