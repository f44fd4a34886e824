using Engine;

namespace ReferenceModels.Tests.Models;

/// <summary>What two sides show of the same tokens, joined by part, name, operation and occurrence.</summary>
internal static class ActivationPairs
{
    // How ggml lays tensors out for the next op, and what it copies into its cache: nothing is computed.
    private static readonly string[] Layout = ["VIEW", "PERMUTE", "TRANSPOSE", "RESHAPE", "SET_ROWS", "CONCAT"];

    /// <summary>What decides which two belong together.</summary>
    public static string Key(Activation a) => $"{a.Part} {a.Name} {a.Operation} {a.Occurrence}";

    /// <summary>The other side's, in its order; every one of ours has to have its like there, of the same shape.</summary>
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

    /// <summary>Keys of what only the other side shows and that computes something.</summary>
    public static IEnumerable<string> Missing(IReadOnlyList<Activation> ours, IReadOnlyList<Activation> theirs) =>
        theirs.Where(a => !IsLayout(a)).Select(Key).Except(ours.Select(Key));

    // As are copies of values for the cache, and the choice of the rows that are requested, where all are.
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
