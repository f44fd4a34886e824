using Engine;

namespace ReferenceModels.Tests.Models;

/// <summary>The activations of two sides for the same tokens, joined by part, name, operation and occurrence.</summary>
internal static class ActivationPairs
{
    // Ops that only change a tensor's layout or copy it into the cache: nothing is computed.
    private static readonly string[] Layout = ["VIEW", "PERMUTE", "TRANSPOSE", "RESHAPE", "SET_ROWS", "CONCAT"];

    /// <summary>The key that joins two activations.</summary>
    public static string Key(Activation a) => $"{a.Part} {a.Name} {a.Operation} {a.Occurrence}";

    /// <summary>The other side's activations, in its order; each of ours must have a counterpart of the same shape.</summary>
    public static IReadOnlyList<(Activation Ours, Activation Theirs)> Join(IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs)
    {
        Dictionary<string, Activation> byKey = theirs.ToDictionary(Key);
        return [.. ours.Select(a =>
        {
            Assert.True(byKey.TryGetValue(Key(a), out Activation? other), $"{Key(a)} is not llama.cpp's");
            Assert.Equal(Dimensions(other), Dimensions(a));
            return (a, other);
        })];
    }

    /// <summary>Keys of the activations that only the other side has and that compute something.</summary>
    public static IEnumerable<string> Missing(IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) =>
        theirs.Where(a => !IsLayout(a)).Select(Key).Except(ours.Select(Key));

    // Copies of values for the cache compute nothing, nor does the selection of the requested rows if all are requested.
    private static bool IsLayout(Activation a) => Layout.Contains(a.Operation)
        || a.Name.EndsWith(" (cont)", StringComparison.Ordinal) || a.Name.EndsWith(" (rows)", StringComparison.Ordinal);

    /// <summary>max |a − b| over the root mean square of b.</summary>
    public static double OfRms(Activation a, Activation b)
    {
        double rms = Math.Sqrt(b.Values.Average(value => (double)value * value));
        return a.Values.Zip(b.Values).Max(pair => Math.Abs((double)pair.First - pair.Second)) / rms;
    }

    private static IEnumerable<long> Dimensions(Activation a) => [.. a.Shape, .. Enumerable.Repeat(1L, 4 - a.Shape.Count)];
}
