using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>
/// Scaled dot-product attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, equation 1), with H query heads
/// that share G key/value heads in groups (Ainslie et al. 2023, https://arxiv.org/abs/2305.13245):
/// o = softmax(scale·q·Kᵀ + b)·V over the positions that <see cref="AttentionRule"/> allows a query to see.
/// </summary>
/// <remarks>Queries are taken a few rows at a time: memory for scores is rows × positions per thread, never T × T per head.
/// <see cref="AttentionSteps"/> computes the same in the separate steps of the equation; <see cref="AttentionPooling"/> is the
/// kernel regression that this generalizes.</remarks>
internal static class Attention
{
    // Query vectors (rows × heads of a group) that share one read of a key or value.
    private const int TileVectors = 16;

    /// <summary>Attends from T queries to n positions.</summary>
    /// <param name="pass">Memory, threads and tape.</param>
    /// <param name="Q">(T, H·d_k).</param>
    /// <param name="K">(n, G·d_k).</param>
    /// <param name="V">(n, G·d_k).</param>
    /// <param name="rule">Heads, scale, and what a query sees.</param>
    /// <returns>o (T, H·d_k).</returns>
    public static Tensor Forward(Pass pass, Tensor Q, Tensor K, Tensor V, AttentionRule rule) => Forward(pass, [new AttentionPart(Q, K, V, rule)]);

    /// <summary>Several attentions side by side, with the same heads.</summary>
    /// <param name="pass">Memory, threads and tape.</param>
    /// <param name="parts">At least one.</param>
    /// <returns>o (ΣT, H·d_k), the parts one after the other.</returns>
    public static Tensor Forward(Pass pass, IReadOnlyList<AttentionPart> parts)
    {
        Tensor o = pass.New(parts.Sum(part => part.Q.Rows), parts[0].Q.Columns);
        ForwardTiles(pass, parts, o);
        if (pass.Tape is { } tape)
        {
            Push(tape, pass.Workers, parts, o);
        }
        return o;
    }

    /// <summary>The naive twin of one query head: q, o (d_k), K and V (n, d_k), all n positions visible.</summary>
    /// <param name="q">(d_k).</param>
    /// <param name="K">(n, d_k).</param>
    /// <param name="V">(n, d_k).</param>
    /// <param name="o">(d_k).</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="b">(n), added to the scaled scores; empty for none.</param>
    public static void Naive<N>(ReadOnlySpan<N> q, ReadOnlySpan<N> K, ReadOnlySpan<N> V, Span<N> o, N scale, ReadOnlySpan<N> b)
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
            p[j] = p[j] * scale + (b.IsEmpty ? N.Zero : b[j]);
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

    private static void ForwardTiles(Pass pass, IReadOnlyList<AttentionPart> parts, Tensor o)
    {
        (int H, int G) = (parts[0].Rule.H, parts[0].Rule.G);
        int rows = Math.Max(1, TileVectors / (H / G));
        var tiles = new List<(int Part, int g, int t, Tensor o)>();
        for (int p = 0, first = 0; p < parts.Count; first += parts[p++].Q.Rows)
        {
            Tensor o_p = o.Slice(first, parts[p].Q.Rows);
            // A thread uses one head's keys in all tiles before the next head's, while they are in its cache.
            for (int g = 0; g < G; g++)
            {
                for (int t = 0; t < o_p.Rows; t += rows)
                {
                    tiles.Add((p, g, t, o_p));
                }
            }
        }
        pass.Workers.For(tiles.Count, index =>
        {
            pass.Cancellation.ThrowIfCancellationRequested(); // by far the longest op for a long text
            (int p, int g, int t, Tensor o_p) = tiles[index];
            (Tensor Q, PagedRows K, PagedRows V, AttentionRule rule) = parts[p];
            ForwardTile(Q, K, V, o_p, t, Math.Min(rows, Q.Rows - t), g, rule);
        });
    }

    // One key/value head g and a few rows of Q, starting at row t.
    private static void ForwardTile(Tensor Q, PagedRows K, PagedRows V, Tensor o, int t, int rows, int g, AttentionRule rule)
    {
        int d_k = Q.Columns / rule.H, group = rule.H / rule.G, vectors = rows * group;
        int from = rule.From(t), n = rule.Seen(t + rows - 1, K.Rows) - from; // positions from … from + n − 1
        float[] rented = ArrayPool<float>.Shared.Rent(vectors * (n + 2 * d_k));
        Span<float> s = rented.AsSpan(0, vectors * n);                   // (vectors, n), scores, then probabilities
        Span<float> q = rented.AsSpan(vectors * n, vectors * d_k);       // (vectors, d_k)
        Span<float> a = rented.AsSpan(vectors * (n + d_k), vectors * d_k);
        for (int v = 0; v < vectors; v++)
        {
            Head(Q.Row(t + v / group), g * group + v % group, d_k).CopyTo(q[(v * d_k)..]);
        }
        for (int j = 0, count; j < n; j += count)
        {
            (int page, int at) = Math.DivRem(from + j, K.PageRows);
            count = Math.Min(n - j, K.PageRows - at);
            AttentionKernels.Scores(q, K[page].Values[(at * K.Columns + g * d_k)..], s[j..], vectors, d_k, count, K.Columns, n);
        }
        TensorPrimitives.Multiply(s, rule.Scale, s);
        for (int v = 0; v < vectors; v++)
        {
            int row = t + v / group, seen = rule.Seen(row, K.Rows) - from;
            rule.Cap(s.Slice(v * n, seen));
            rule.AddBias(s.Slice(v * n, seen), g * group + v % group, row, Q.Rows, from);
            rule.Hide(s.Slice(v * n, seen), row, from);
            Softmax.Forward(s.Slice(v * n, seen));
            s.Slice(v * n + seen, n - seen).Clear();                     // the mask: later positions do not contribute
        }
        a.Clear();
        for (int j = 0, count; j < n; j += count)
        {
            (int page, int at) = Math.DivRem(from + j, V.PageRows);
            count = Math.Min(n - j, V.PageRows - at);
            AttentionKernels.AddSums(s[j..], V[page].Values[(at * V.Columns + g * d_k)..], a, vectors, d_k, count, V.Columns, n);
        }
        for (int v = 0; v < vectors; v++)
        {
            a.Slice(v * d_k, d_k).CopyTo(Head(o.Row(t + v / group), g * group + v % group, d_k));
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    private static Span<float> Head(Span<float> row, int head, int d_k) => row.Slice(head * d_k, d_k);

    private static void Push(Tape tape, Workers workers, IReadOnlyList<AttentionPart> parts, Tensor o) => tape.Record(() =>
    {
        int first = 0;
        foreach ((Tensor Q, PagedRows K, PagedRows V, AttentionRule rule) in parts)
        {
            // Under a tape, keys and values are the pass's own tensors.
            AttentionGradient.Add(workers, Q, K[0], V[0], o.Slice(first, Q.Rows), rule);
            first += Q.Rows;
        }
    });
}
