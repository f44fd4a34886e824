using ReferenceModels.Ops;

namespace ReferenceModels.Training.Corpora;

/// <summary>Choices drawn from a seed, the same on every machine: SplitMix64's steps, not System.Random, whose sequence may change.</summary>
internal sealed class Draw(ulong seed)
{
    private long _drawn;

    /// <summary>An integer from 0 to <paramref name="count"/> − 1.</summary>
    public int Below(int count) => (int)(Dropout.Coin(seed, _drawn++) * count);

    /// <summary>One of several things.</summary>
    public T From<T>(IReadOnlyList<T> things) => things[Below(things.Count)];

    /// <summary>True once in <paramref name="count"/> times.</summary>
    public bool Once(int count) => Below(count) == 0;
}
