using System.Buffers;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>
/// The backward pass through <see cref="Attention"/>; all results are accumulated. With s = scale·q·Kᵀ + b and p = softmax(s):
/// δV = pᵀδo, δp = δo·Vᵀ, δs = p ⊙ (δp − Σ p·δp), δb = δs, δq = scale·δs·K, δK = scale·δsᵀq. If there is a soft cap between the scaled
/// scores and b, δs passes back through it after δb.
/// </summary>
/// <remarks>The probabilities are recomputed, a tile of queries at a time, as in the FlashAttention papers (Dao et al. 2022,
/// https://arxiv.org/abs/2205.14135, appendix B.2): memory is tile × positions, never T × T. A key/value head is one index of the
/// parallel loop, so that the order of its sums is always the same.</remarks>
internal static unsafe class AttentionGradient
{
    // Queries in a tile: a multiple of the six rows of a product.
    private const int TileRows = 48;

    /// <summary>Adds to the gradients of Q, K, V and the rule's bias, given the gradient of o.</summary>
    public static void Add(Workers workers, Tensor Q, Tensor K, Tensor V, Tensor o, AttentionRule rule) =>
        workers.For(rule.G, g => AddHead(Q, K, V, o, rule, g));

    // One key/value head: its keys and values are packed into panels once, for the queries of all its heads.
    private static void AddHead(Tensor Q, Tensor K, Tensor V, Tensor o, AttentionRule rule, int g)
    {
        int d = Q.Columns / rule.H, n = K.Rows, group = rule.H / rule.G;
        int across = d * PanelProduct.PackedColumns(n), along = n * PanelProduct.PackedColumns(d), tile = TileRows * n;
        float[] rented = ArrayPool<float>.Shared.Rent(2 * across + along + 2 * tile);
        fixed (float* scratch = rented, k = K.Values, v = V.Values)
        {
            var panels = new Panels(scratch, scratch + across, scratch + 2 * across, d, n);
            var (keys, values) = (new Strided(k + g * d, K.Columns), new Strided(v + g * d, V.Columns));
            PanelProduct.Pack(keys.Transposed, panels.KeysAcross);
            PanelProduct.Pack(values.Transposed, panels.ValuesAcross);
            PanelProduct.Pack(keys, panels.Keys);
            Span<float> p = rented.AsSpan(2 * across + along, tile), δs = rented.AsSpan(2 * across + along + tile, tile);
            for (int h = g * group; h < (g + 1) * group; h++)
            {
                for (int t = 0; t < Q.Rows; t += TileRows)
                {
                    AddTile(Q, K, V, o, rule, panels, g, h, t, Math.Min(TileRows, Q.Rows - t), p, δs);
                }
            }
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    private static void AddTile(Tensor Q, Tensor K, Tensor V, Tensor o, AttentionRule rule, Panels panels, int g, int h, int t, int rows, Span<float> p, Span<float> δs)
    {
        int d = Q.Columns / rule.H, n = rule.Seen(t + rows - 1, K.Rows), ldq = Q.Columns, ldk = K.Columns;
        p = p[..(rows * n)];
        δs = δs[..(rows * n)];
        fixed (float* q_t = Q.Row(t), δq_t = Q.Slice(t, rows).Gradient, δo_t = o.Slice(t, rows).Gradient, δk = K.Gradient, δv = V.Gradient, p_t = p, δs_t = δs)
        {
            var (q, δo) = (new Strided(q_t + h * d, ldq), new Strided(δo_t + h * d, ldq));
            PanelProduct.Multiply(q, panels.KeysAcross, p_t, n, rows, n, d, add: false);
            PanelProduct.Multiply(δo, panels.ValuesAcross, δs_t, n, rows, n, d, add: false);
            TensorPrimitives.Multiply(p, rule.Scale, p);
            for (int r = 0; r < rows; r++)
            {
                AddRow(rule, p.Slice(r * n, n), δs.Slice(r * n, n), h, t + r, Q.Rows, rule.Seen(t + r, K.Rows));
            }
            PanelProduct.Multiply(new Strided(p_t, n).Transposed, δo, δv + g * d, ldk, n, d, rows, add: true);
            PanelProduct.Multiply(new Strided(δs_t, n).Transposed, q, δk + g * d, ldk, n, d, rows, add: true);
            PanelProduct.Multiply(new Strided(δs_t, n), panels.Keys, δq_t + h * d, ldq, rows, d, n, add: true);
        }
    }

    // Turns scores into probabilities and δp into scale·δs; positions the query does not see contribute to neither.
    private static void AddRow(AttentionRule rule, Span<float> p, Span<float> δs, int h, int t, int T, int seen)
    {
        p[seen..].Clear();
        δs[seen..].Clear();
        p = p[..seen];
        δs = δs[..seen];
        rule.Cap(p);
        float[] capped = rule.SoftCap > 0 ? p.ToArray() : [];
        rule.AddBias(p, h, t, T);
        rule.Hide(p, t);
        Softmax.Forward(p);
        TensorPrimitives.Subtract(δs, TensorPrimitives.Dot<float>(p, δs), δs);
        TensorPrimitives.Multiply(δs, p, δs);
        rule.AddBiasGradient(δs, h, t, T);
        rule.CapGradient(capped, δs);
        TensorPrimitives.Multiply(δs, rule.Scale, δs);
    }

    // A head's keys and values for products with queries (d_k, n), and its keys for those with scores (n, d_k).
    private readonly struct Panels(float* keysAcross, float* valuesAcross, float* keys, int d, int n)
    {
        public PanelProduct.Panels KeysAcross { get; } = new(keysAcross, d, n);

        public PanelProduct.Panels ValuesAcross { get; } = new(valuesAcross, d, n);

        public PanelProduct.Panels Keys { get; } = new(keys, n, d);
    }
}
