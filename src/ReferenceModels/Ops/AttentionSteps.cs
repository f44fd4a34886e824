using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>The steps of <see cref="Attention"/> one by one, each with its result in memory, for inspection. No gradients:
/// a model under inspection is not trained.</summary>
internal static class AttentionSteps
{
    /// <summary>s = q·Kᵀ, unscaled and unmasked: (H·T, n), row h·T + t for head h and query t.</summary>
    /// <param name="pass">Memory and threads.</param>
    /// <param name="Q">(T, H·d_k).</param>
    /// <param name="K">(n, G·d_k).</param>
    /// <param name="rule">The heads.</param>
    public static Tensor Scores(Pass pass, Tensor Q, Tensor K, AttentionRule rule)
    {
        (int T, int n, int d_k) = (Q.Rows, K.Rows, Q.Columns / rule.H);
        Tensor s = pass.New(rule.H * T, n);
        pass.Workers.For(rule.H * T, row =>
        {
            pass.Cancellation.ThrowIfCancellationRequested();
            (int h, int t) = (row / T, row % T);
            ReadOnlySpan<float> q = Q.Row(t).Slice(h * d_k, d_k);
            int g = h / (rule.H / rule.G) * d_k;
            for (int j = 0; j < n; j++)
            {
                s.Row(row)[j] = TensorPrimitives.Dot(q, K.Row(j).Slice(g, d_k));
            }
        });
        return s;
    }

    /// <summary>p = softmax(scale·s) over the positions seen, 0 elsewhere. s must already include cap and bias.</summary>
    /// <param name="pass">Memory.</param>
    /// <param name="s">(H·T, n).</param>
    /// <param name="rule">Scale and mask.</param>
    /// <returns>(H·T, n).</returns>
    public static Tensor Probabilities(Pass pass, Tensor s, AttentionRule rule)
    {
        Tensor p = pass.New(s.Rows, s.Columns);
        int T = s.Rows / rule.H;
        for (int row = 0; row < s.Rows; row++)
        {
            int seen = rule.Seen(row % T, s.Columns);
            TensorPrimitives.Multiply(s.Row(row)[..seen], rule.Scale, p.Row(row)[..seen]);
            rule.Hide(p.Row(row)[..seen], row % T);
            Softmax.Forward(p.Row(row)[..seen]);
            p.Row(row)[seen..].Clear();
        }
        return p;
    }

    /// <summary>(n, G·d_k) → (G·d_k, n).</summary>
    public static Tensor Transpose(Pass pass, Tensor V)
    {
        Tensor transposed = pass.New(V.Columns, V.Rows);
        for (int j = 0; j < V.Rows; j++)
        {
            for (int c = 0; c < V.Columns; c++)
            {
                transposed.Row(c)[j] = V.Row(j)[c];
            }
        }
        return transposed;
    }

    /// <summary>a = p·V: (H·T, d_k).</summary>
    /// <param name="pass">Memory and threads.</param>
    /// <param name="p">(H·T, n).</param>
    /// <param name="V">(n, G·d_k).</param>
    /// <param name="rule">The heads.</param>
    public static Tensor Sums(Pass pass, Tensor p, Tensor V, AttentionRule rule)
    {
        (int T, int d_k) = (p.Rows / rule.H, V.Columns / rule.G);
        Tensor a = pass.New(p.Rows, d_k);
        pass.Workers.For(p.Rows, row =>
        {
            pass.Cancellation.ThrowIfCancellationRequested();
            int g = row / T / (rule.H / rule.G) * d_k;
            a.Row(row).Clear();
            for (int j = 0; j < V.Rows; j++)
            {
                TensorPrimitives.MultiplyAdd(V.Row(j).Slice(g, d_k), p.Row(row)[j], a.Row(row), a.Row(row));
            }
        });
        return a;
    }

    /// <summary>The heads side by side: (H·T, d_k) → (T, H·d_k).</summary>
    public static Tensor Concatenate(Pass pass, Tensor a, int H)
    {
        (int T, int d_k) = (a.Rows / H, a.Columns);
        Tensor o = pass.New(T, H * d_k);
        for (int row = 0; row < a.Rows; row++)
        {
            a.Row(row).CopyTo(o.Row(row % T)[(row / T * d_k)..]);
        }
        return o;
    }
}
