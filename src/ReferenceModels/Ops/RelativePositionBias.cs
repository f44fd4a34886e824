using System.Numerics;
using System.Numerics.Tensors;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>
/// T5's relative positions (Raffel et al. 2019, https://arxiv.org/abs/1910.10683, section 2.1): each distance between key and
/// query falls into one of a few buckets, exact for near ones and logarithmic up to 128, and each head learns one number per
/// bucket that is added to its scores: b[h, t, j] = B[bucket(j − t), h].
/// </summary>
internal static class RelativePositionBias
{
    // Larger distances fall into the last bucket. This is the paper's number; files do not store it.
    private const int MaxDistance = 128;

    /// <summary>The bias of T queries at positions first, first + 1, … over n keys at positions 0, 1, …</summary>
    /// <param name="pass">Memory and tape.</param>
    /// <param name="B">(buckets, H).</param>
    /// <param name="T">Queries.</param>
    /// <param name="n">Keys.</param>
    /// <param name="first">Position of the first query.</param>
    /// <param name="bidirectional">Whether keys after the query have separate buckets; otherwise they share that of distance 0.</param>
    /// <returns>(H·T, n), row h·T + t, as <see cref="AttentionRule.Bias"/> expects.</returns>
    public static Tensor Forward(Pass pass, Weight B, int T, int n, int first, bool bidirectional)
    {
        int H = B.Columns;
        int[] buckets = Buckets(B.Rows, T, n, first, bidirectional);       // (T + n − 1)
        var table = new float[B.Rows * H];
        for (int bucket = 0; bucket < B.Rows; bucket++)
        {
            B.ReadRow(bucket, table.AsSpan(bucket * H, H));
        }
        Tensor b = pass.New(H * T, n);
        var distances = new float[buckets.Length];
        for (int h = 0; h < H; h++)
        {
            for (int i = 0; i < buckets.Length; i++)
            {
                distances[i] = table[buckets[i] * H + h];
            }
            for (int t = 0; t < T; t++)
            {
                distances.AsSpan(T - 1 - t, n).CopyTo(b.Row(h * T + t));
            }
        }
        if (pass.Tape is { } tape && B.Gradient is not null)
        {
            Push(tape, B, buckets, T, b);
        }
        return b;
    }

    /// <summary>The bucket of a key at a distance (its position less the query's), 0 … buckets − 1.</summary>
    /// <remarks>llama.cpp's formula (llama_relative_position_bucket) with its types, since the last bit can decide on which side of a
    /// boundary a distance falls: quotient and logarithm in float, the division by the larger logarithm in double.</remarks>
    public static int Bucket(int distance, int buckets, bool bidirectional)
    {
        int bucket = 0;
        if (bidirectional)
        {
            buckets /= 2;
            bucket = distance > 0 ? buckets : 0;
            distance = Math.Abs(distance);
        }
        else
        {
            distance = -Math.Min(distance, 0);
        }
        int exact = buckets / 2;
        if (distance < exact)
        {
            return bucket + distance;
        }
        float scaled = MathF.Log((float)((double)distance / exact)) * (buckets - exact);
        float large = MathF.Floor((float)(exact + scaled / Math.Log((double)MaxDistance / exact)));
        return bucket + Math.Min((int)large, buckets - 1);
    }

    /// <summary>The naive twin: the paper's formula in N, one look-up per head, query and key.</summary>
    /// <param name="B">(buckets, H).</param>
    /// <param name="H">Heads.</param>
    /// <param name="T">Queries.</param>
    /// <param name="first">Position of the first query.</param>
    /// <param name="bidirectional">As in <see cref="Forward"/>.</param>
    /// <param name="b">(H·T, n).</param>
    public static void Naive<N>(ReadOnlySpan<N> B, int H, int T, int first, bool bidirectional, Span<N> b)
        where N : IBinaryFloatingPointIeee754<N>
    {
        int n = b.Length / (H * T);
        for (int i = 0; i < b.Length; i++)
        {
            (int h, int t, int j) = (i / n / T, i / n % T, i % n);
            b[i] = B[NaiveBucket<N>(j - (first + t), B.Length / H, bidirectional) * H + h];
        }
    }

    public static int NaiveBucket<N>(int distance, int buckets, bool bidirectional)
        where N : IBinaryFloatingPointIeee754<N>
    {
        int side = bidirectional ? buckets / 2 : buckets, exact = side / 2;
        int away = bidirectional ? Math.Abs(distance) : Math.Max(-distance, 0);
        int offset = bidirectional && distance > 0 ? side : 0;
        if (away < exact)
        {
            return offset + away;
        }
        N share = N.Log(N.CreateChecked(away) / N.CreateChecked(exact)) / N.Log(N.CreateChecked(MaxDistance) / N.CreateChecked(exact));
        // A distance exactly on a boundary belongs to the upper bucket; the 1e-6 keeps it there in any precision.
        return offset + Math.Min(exact + int.CreateChecked(N.Floor(share * N.CreateChecked(side - exact) + N.CreateChecked(1e-6))), side - 1);
    }

    // The buckets of the distances −(first + T − 1) … n − 1 − first.
    private static int[] Buckets(int buckets, int T, int n, int first, bool bidirectional)
    {
        var all = new int[T + n - 1];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = Bucket(i - (first + T - 1), buckets, bidirectional);
        }
        return all;
    }

    // δB[bucket, h] += Σ δb over the query/key pairs that fall into it.
    private static void Push(Tape tape, Weight B, int[] buckets, int T, Tensor b) => tape.Record(() =>
    {
        int H = B.Columns, n = b.Columns;
        float[] δB = tape.Gradient(B)!;
        var δdistances = new float[buckets.Length];
        for (int h = 0; h < H; h++)
        {
            Array.Clear(δdistances);
            for (int t = 0; t < T; t++)
            {
                Span<float> sum = δdistances.AsSpan(T - 1 - t, n);
                TensorPrimitives.Add(sum, b.Slice(h * T + t, 1).Gradient, sum);
            }
            for (int i = 0; i < buckets.Length; i++)
            {
                δB[buckets[i] * H + h] += δdistances[i];
            }
        }
    });
}
