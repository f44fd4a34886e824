using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>
/// Causal scaled dot-product attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, equation 1), with H query heads
/// that share G key/value heads in groups (Ainslie et al. 2023, https://arxiv.org/abs/2305.13245):
/// o = softmax(q·Kᵀ/√d_k)·V over the positions up to the query's own.
/// </summary>
/// <remarks>Queries are taken a few rows at a time: memory for scores is rows × positions per thread, never T × T per head.</remarks>
internal static class Attention
{
    // Query vectors (rows × heads of a group) that read a key or value together.
    private const int TileVectors = 16;

    /// <summary>Attends from T new positions to all n positions there are.</summary>
    /// <param name="pass">Memory, threads and tape.</param>
    /// <param name="Q">(T, H·d_k), of the last T positions or of a stretch of them.</param>
    /// <param name="K">(n, G·d_k).</param>
    /// <param name="V">(n, G·d_k).</param>
    /// <param name="first">Position of Q's first row; it attends to first + 1 positions.</param>
    /// <param name="heads">H, and the G of K and V; H is a multiple of G.</param>
    /// <returns>o (T, H·d_k).</returns>
    public static Tensor Forward(Pass pass, Tensor Q, Tensor K, Tensor V, int first, (int H, int G) heads)
    {
        Tensor o = pass.New(Q.Rows, Q.Columns);
        ForwardTiles(pass, Q, K, V, o, first, heads);
        if (pass.Tape is { } tape)
        {
            Push(tape, Q, K, V, o, first, heads);
        }
        return o;
    }

    /// <summary>The naive twin of one query head: q, o (d_k), K and V (n, d_k), all n positions visible.</summary>
    public static void Naive<N>(ReadOnlySpan<N> q, ReadOnlySpan<N> K, ReadOnlySpan<N> V, Span<N> o)
        where N : IBinaryFloatingPointIeee754<N>
    {
        int d_k = q.Length, n = K.Length / d_k;
        var p = new N[n];
        for (int j = 0; j < n; j++)
        {
            for (int i = 0; i < d_k; i++)
            {
                p[j] += q[i] * K[j * d_k + i];
            }
            p[j] /= N.Sqrt(N.CreateChecked(d_k));
        }
        Softmax.Naive<N>(p);
        o.Clear();
        for (int j = 0; j < n; j++)
        {
            for (int i = 0; i < d_k; i++)
            {
                o[i] += p[j] * V[j * d_k + i];
            }
        }
    }

    /// <summary>The way back of one query head at one position; everything is added to. s = q·Kᵀ/√d_k, p = softmax(s):
    /// δV = pᵀδo, δp = δo·Vᵀ, δs from <see cref="Softmax.Gradient"/>, δq = δs·K/√d_k, δK = δsᵀq/√d_k.</summary>
    /// <param name="q">(d_k).</param>
    /// <param name="K">From the head's first key on; a key every stride floats, n of them.</param>
    /// <param name="V">Likewise.</param>
    /// <param name="n">Positions seen.</param>
    /// <param name="stride">G·d_k.</param>
    /// <param name="δo">(d_k).</param>
    /// <param name="δq">(d_k).</param>
    /// <param name="δK">As K.</param>
    /// <param name="δV">As V.</param>
    public static void Gradient(
        ReadOnlySpan<float> q, ReadOnlySpan<float> K, ReadOnlySpan<float> V, int n, int stride,
        ReadOnlySpan<float> δo, Span<float> δq, Span<float> δK, Span<float> δV)
    {
        int d_k = q.Length;
        float scale = 1 / MathF.Sqrt(d_k);
        float[] p = new float[n], δp = new float[n], δs = new float[n];
        for (int j = 0; j < n; j++)
        {
            p[j] = TensorPrimitives.Dot(q, K.Slice(j * stride, d_k)) * scale;
        }
        Softmax.Forward(p);
        for (int j = 0; j < n; j++)
        {
            δp[j] = TensorPrimitives.Dot(δo, V.Slice(j * stride, d_k));
            Span<float> δV_j = δV.Slice(j * stride, d_k);
            TensorPrimitives.MultiplyAdd(δo, p[j], δV_j, δV_j);
        }
        Softmax.Gradient(p, δp, δs);
        for (int j = 0; j < n; j++)
        {
            Span<float> δK_j = δK.Slice(j * stride, d_k);
            TensorPrimitives.MultiplyAdd(K.Slice(j * stride, d_k), δs[j] * scale, δq, δq);
            TensorPrimitives.MultiplyAdd(q, δs[j] * scale, δK_j, δK_j);
        }
    }

    private static void ForwardTiles(Pass pass, Tensor Q, Tensor K, Tensor V, Tensor o, int first, (int H, int G) heads)
    {
        int group = heads.H / heads.G;
        int rows = Math.Max(1, TileVectors / group);
        int tiles = (Q.Rows + rows - 1) / rows;
        // A thread takes one head's keys through all tiles before the next head's, while they are in its cache.
        pass.Workers.For(tiles * heads.G, index =>
        {
            int t = index % tiles * rows;
            ForwardTile(Q.Slice(t, Math.Min(rows, Q.Rows - t)), K, V, o, t, first + t, index / tiles, heads);
        });
    }

    // One key/value head g, a few rows of Q from row t of o on.
    private static void ForwardTile(Tensor Q, Tensor K, Tensor V, Tensor o, int t, int first, int g, (int H, int G) heads)
    {
        int d_k = Q.Columns / heads.H, group = heads.H / heads.G, vectors = Q.Rows * group;
        int n = first + Q.Rows;
        float[] rented = ArrayPool<float>.Shared.Rent(vectors * (n + 2 * d_k));
        Span<float> s = rented.AsSpan(0, vectors * n);                   // (vectors, n), scores, then probabilities
        Span<float> q = rented.AsSpan(vectors * n, vectors * d_k);       // (vectors, d_k)
        Span<float> a = rented.AsSpan(vectors * (n + d_k), vectors * d_k);
        for (int v = 0; v < vectors; v++)
        {
            Head(Q.Row(v / group), g * group + v % group, d_k).CopyTo(q[(v * d_k)..]);
        }
        AttentionKernels.Scores(q, K.Values[(g * d_k)..], s, vectors, d_k, n, K.Columns);
        TensorPrimitives.Multiply(s, 1 / MathF.Sqrt(d_k), s);
        for (int v = 0; v < vectors; v++)
        {
            int seen = first + v / group + 1;
            Softmax.Forward(s.Slice(v * n, seen));
            s.Slice(v * n + seen, n - seen).Clear();                     // the mask: what lies ahead has no part
        }
        AttentionKernels.Sums(s, V.Values[(g * d_k)..], a, vectors, d_k, n, V.Columns);
        for (int v = 0; v < vectors; v++)
        {
            a.Slice(v * d_k, d_k).CopyTo(Head(o.Row(t + v / group), g * group + v % group, d_k));
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    private static Span<float> Head(Span<float> row, int head, int d_k) => row.Slice(head * d_k, d_k);

    private static void Push(Tape tape, Tensor Q, Tensor K, Tensor V, Tensor o, int first, (int H, int G) heads) => tape.Record(() =>
    {
        int d_k = Q.Columns / heads.H;
        for (int t = 0; t < Q.Rows; t++)
        {
            for (int h = 0; h < heads.H; h++)
            {
                int g = h / (heads.H / heads.G) * d_k;
                Gradient(
                    Head(Q.Row(t), h, d_k), K.Values[g..], V.Values[g..], first + t + 1, K.Columns,
                    Head(o.Slice(t, 1).Gradient, h, d_k), Head(Q.Slice(t, 1).Gradient, h, d_k), K.Gradient[g..], V.Gradient[g..]);
            }
        }
    });
}
