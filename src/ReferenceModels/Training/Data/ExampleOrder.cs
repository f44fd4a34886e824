using ReferenceModels.Ops;

namespace ReferenceModels.Training.Data;

/// <summary>The order in which examples are visited: each epoch in its own order, drawn from the seed
/// (Durstenfeld 1964, https://doi.org/10.1145/364520.364540), or all in file order. The n-th visit depends only on the seed and
/// n.</summary>
/// <param name="count">Number of examples.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="shuffle">False for file order.</param>
internal sealed class ExampleOrder(int count, ulong seed, bool shuffle)
{
    private int[] _order = [];
    private long _epoch = -1;

    /// <summary>The example of visit n, from 0.</summary>
    public int this[long n]
    {
        get
        {
            if (!shuffle)
            {
                return (int)(n % count);
            }
            if (n / count != _epoch)
            {
                _epoch = n / count;
                _order = Draw(SeedOf(seed, Purpose.Order, _epoch));
            }
            return _order[n % count];
        }
    }

    /// <summary>A seed for one purpose at one place, so that no two draws of a run coincide.</summary>
    public static ulong SeedOf(ulong seed, Purpose purpose, long place) =>
        Dropout.Mix(unchecked(Dropout.Mix(seed + 0x9E3779B97F4A7C15 * (ulong)purpose) + 0x9E3779B97F4A7C15 * (ulong)(place + 1)));

    private int[] Draw(ulong drawn)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = (int)(Dropout.Coin(drawn, i) * (i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    /// <summary>What a seed is for.</summary>
    public enum Purpose
    {
        /// <summary>The order of an epoch.</summary>
        Order = 1,

        /// <summary>What is drawn for an example at a visit.</summary>
        Example,

        /// <summary>Which of an example's activations are dropped at a visit.</summary>
        Dropout,

        /// <summary>Which part of the data is kept for validation.</summary>
        Validation,

        /// <summary>The initial weights of new heads.</summary>
        Heads,

        /// <summary>The initial weights of a new model.</summary>
        Weights,

        /// <summary>The initial factors of new adapters.</summary>
        Adapters,
    }
}
