using System.Numerics;
using System.Numerics.Tensors;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>
/// Attention pooling: kernel regression (Nadaraya 1964, https://doi.org/10.1137/1109020; Watson 1964) with a Gaussian kernel,
/// f(x) = Σ softmax(−½(x − xᵢ)²)·yᵢ. A query x looks at keys xᵢ and gets the mean of their values yᵢ, the nearer ones more.
/// With a learned width w, f(x) = Σ softmax(−½((x − xᵢ)·w)²)·yᵢ: the larger w, the fewer neighbours contribute.
/// </summary>
/// <remarks>
/// With several columns, (x − xᵢ)² is the squared distance. −½‖x − xᵢ‖² = x·xᵢ − ½‖x‖² − ½‖xᵢ‖²; softmax ignores the term that
/// depends on x alone, so for keys of equal length this is softmax(x·xᵢ)·yᵢ. <see cref="Attention"/>, scaled dot-product attention,
/// is its learned form: query, key and value are projections, the width is 1/√d_k.
/// </remarks>
internal static class AttentionPooling
{
    /// <summary>f of each query.</summary>
    /// <param name="pass">Memory and tape.</param>
    /// <param name="x">Queries, (T, d).</param>
    /// <param name="keys">xᵢ, (n, d).</param>
    /// <param name="values">yᵢ, (n, m).</param>
    /// <param name="w">Width (1), or null for 1.</param>
    /// <returns>(T, m).</returns>
    public static Tensor Forward(Pass pass, Tensor x, Tensor keys, Tensor values, Weight? w)
    {
        Tensor p = pass.New(x.Rows, keys.Rows), f = pass.New(x.Rows, values.Columns);
        for (int t = 0; t < x.Rows; t++)
        {
            Weigh(x.Row(t), keys.Values, Width(w), p.Row(t));
            Span<float> f_t = f.Row(t);
            f_t.Clear();
            for (int i = 0; i < keys.Rows; i++)
            {
                TensorPrimitives.MultiplyAdd(values.Row(i), p.Row(t)[i], f_t, f_t);
            }
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, x, keys, values, w, p, f);
        }
        return f;
    }

    /// <summary>p = softmax(−½((x − xᵢ)·w)²) of one query.</summary>
    /// <param name="x">(d).</param>
    /// <param name="keys">(n, d).</param>
    /// <param name="w">Width.</param>
    /// <param name="p">(n).</param>
    public static void Weigh(ReadOnlySpan<float> x, ReadOnlySpan<float> keys, float w, Span<float> p)
    {
        for (int i = 0; i < p.Length; i++)
        {
            float distance = TensorPrimitives.Distance(x, keys.Slice(i * x.Length, x.Length)) * w;
            p[i] = -0.5f * distance * distance;
        }
        Softmax.Forward(p);
    }

    /// <summary>
    /// The backward pass of one query; all results are accumulated. δyᵢ += pᵢ·δf, δpᵢ = δf·yᵢ, δsᵢ from <see cref="Softmax.Gradient"/>; with
    /// sᵢ = −½w²‖x − xᵢ‖²: δx −= w²·(x − xᵢ)·δsᵢ, δxᵢ += the same, δw −= w·‖x − xᵢ‖²·δsᵢ.
    /// </summary>
    /// <returns>What this query adds to δw.</returns>
    public static float Gradient(
        ReadOnlySpan<float> x, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, float w, ReadOnlySpan<float> p, ReadOnlySpan<float> δf,
        Span<float> δx, Span<float> δkeys, Span<float> δvalues)
    {
        (int n, int d, int m, float δw) = (p.Length, x.Length, δf.Length, 0);
        float[] δp = new float[n], δs = new float[n];
        for (int i = 0; i < n; i++)
        {
            δp[i] = TensorPrimitives.Dot(δf, values.Slice(i * m, m));
            TensorPrimitives.MultiplyAdd(δf, p[i], δvalues.Slice(i * m, m), δvalues.Slice(i * m, m));
        }
        Softmax.Gradient(p, δp, δs);
        for (int i = 0; i < n; i++)
        {
            for (int c = 0; c < d; c++)
            {
                float difference = x[c] - keys[i * d + c];
                δx[c] -= w * w * difference * δs[i];
                δkeys[i * d + c] += w * w * difference * δs[i];
                δw -= w * difference * difference * δs[i];
            }
        }
        return δw;
    }

    /// <summary>The naive twin of one query.</summary>
    /// <param name="x">(d).</param>
    /// <param name="keys">(n, d).</param>
    /// <param name="values">(n, m).</param>
    /// <param name="w">Width.</param>
    /// <param name="f">(m).</param>
    public static void Naive<N>(ReadOnlySpan<N> x, ReadOnlySpan<N> keys, ReadOnlySpan<N> values, N w, Span<N> f)
        where N : IBinaryFloatingPointIeee754<N>
    {
        int n = keys.Length / x.Length;
        var p = new N[n];
        for (int i = 0; i < n; i++)
        {
            for (int c = 0; c < x.Length; c++)
            {
                N scaled = (x[c] - keys[i * x.Length + c]) * w;
                p[i] -= scaled * scaled / N.CreateChecked(2);
            }
        }
        Softmax.Naive<N>(p);
        f.Clear();
        for (int i = 0; i < n; i++)
        {
            for (int c = 0; c < f.Length; c++)
            {
                f[c] += p[i] * values[i * f.Length + c];
            }
        }
    }

    private static float Width(Weight? w) => w is null ? 1 : w.AsVector()[0];

    private static void Push(Tape tape, Tensor x, Tensor keys, Tensor values, Weight? w, Tensor p, Tensor f) => tape.Record(() =>
    {
        for (int t = 0; t < x.Rows; t++)
        {
            float δw = Gradient(
                x.Row(t), keys.Values, values.Values, Width(w), p.Row(t), f.Slice(t, 1).Gradient,
                x.Slice(t, 1).Gradient, keys.Gradient, values.Gradient);
            if (tape.Gradient(w) is { } sum)
            {
                sum[0] += δw;
            }
        }
    });
}
