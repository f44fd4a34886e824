using System.Numerics;

namespace ReferenceModels.Ops;

/// <summary>
/// Dropout (Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html) in its inverted form: in training each
/// element is 0 with probability p and x/(1 − p) otherwise, so that its mean is unchanged; outside training y is x itself.
/// </summary>
/// <remarks>An element's coin is a function of the seed and the element's index, not of a generator's state: the same seed drops the
/// same elements whatever the threads do, and the backward pass needs no mask in memory.</remarks>
internal static class Dropout
{
    /// <summary>y = dropped x, (T, d); x itself if <see cref="Pass.Dropout"/> is not set or nothing is recorded.</summary>
    public static Tensor Forward(Pass pass, Tensor x)
    {
        if (pass is not { Tape: { } tape, Dropout: { Rate: > 0 } rule })
        {
            return x;
        }
        ulong seed = rule.NextSeed();
        Tensor y = pass.New(x.Rows, x.Columns);
        Forward(x.Values, rule.Rate, seed, y.Values);
        Push(tape, x, rule.Rate, seed, y);
        return y;
    }

    /// <summary>All elements of a tensor.</summary>
    public static void Forward(ReadOnlySpan<float> x, float p, ulong seed, Span<float> y)
    {
        float kept = 1 / (1 - p);
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = Coin(seed, i) < p ? 0 : x[i] * kept;
        }
    }

    /// <summary>The backward pass: δx += δy/(1 − p) where x was kept.</summary>
    public static void Gradient(float p, ulong seed, ReadOnlySpan<float> δy, Span<float> δx)
    {
        float kept = 1 / (1 - p);
        for (int i = 0; i < δy.Length; i++)
        {
            δx[i] += Coin(seed, i) < p ? 0 : δy[i] * kept;
        }
    }

    /// <summary>The naive twin, with the coins as an argument.</summary>
    public static void Naive<N>(ReadOnlySpan<N> x, N p, ReadOnlySpan<double> coins, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = N.CreateChecked(coins[i]) < p ? N.Zero : x[i] / (N.One - p);
        }
    }

    /// <summary>The coin of element i, within 0 … 1: SplitMix64 (Steele et al. 2014, https://doi.org/10.1145/2660193.2660195)
    /// at its i-th step, reduced to 53 bits.</summary>
    public static double Coin(ulong seed, long i) => (Mix(unchecked(seed + (ulong)(i + 1) * 0x9E3779B97F4A7C15)) >> 11) * (1.0 / (1L << 53));

    /// <summary>SplitMix64's scrambling of one number.</summary>
    public static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    private static void Push(Tape tape, Tensor x, float p, ulong seed, Tensor y) => tape.Record(() => Gradient(p, seed, y.Gradient, x.Gradient));
}
