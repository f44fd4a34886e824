using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Ops;

/// <summary>The two products of <see cref="Attention"/> for a few query vectors that share a key/value head: four vectors
/// at a time, so that a key or value is loaded once for the four.</summary>
internal static class AttentionKernels
{
    /// <summary>s[v, j] = q_v · K_j.</summary>
    /// <param name="q">(vectors, d).</param>
    /// <param name="K">n keys (d), one every stride floats.</param>
    /// <param name="s">(vectors, n).</param>
    /// <param name="vectors">Number of query vectors.</param>
    /// <param name="d">Width of a head.</param>
    /// <param name="n">Number of positions.</param>
    /// <param name="stride">Floats from key to key.</param>
    public static void Scores(ReadOnlySpan<float> q, ReadOnlySpan<float> K, Span<float> s, int vectors, int d, int n, int stride)
    {
        int v = 0;
        for (; v <= vectors - 4 && d % Vector256<float>.Count == 0; v += 4)
        {
            ref float q0 = ref MemoryMarshal.GetReference(q[(v * d)..]);
            for (int j = 0; j < n; j++)
            {
                ref float k = ref MemoryMarshal.GetReference(K.Slice(j * stride, d));
                Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
                for (nuint i = 0; i < (nuint)d; i += (nuint)Vector256<float>.Count)
                {
                    Vector256<float> k_i = Vector256.LoadUnsafe(ref k, i);
                    s0 = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref q0, i), k_i, s0);
                    s1 = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref q0, i + (nuint)d), k_i, s1);
                    s2 = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref q0, i + 2 * (nuint)d), k_i, s2);
                    s3 = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref q0, i + 3 * (nuint)d), k_i, s3);
                }
                s[v * n + j] = Vector256.Sum(s0);
                s[(v + 1) * n + j] = Vector256.Sum(s1);
                s[(v + 2) * n + j] = Vector256.Sum(s2);
                s[(v + 3) * n + j] = Vector256.Sum(s3);
            }
        }
        for (; v < vectors; v++)
        {
            for (int j = 0; j < n; j++)
            {
                s[v * n + j] = TensorPrimitives.Dot(q.Slice(v * d, d), K.Slice(j * stride, d));
            }
        }
    }

    /// <summary>a_v = Σ_j p[v, j]·V_j.</summary>
    /// <param name="p">(vectors, n).</param>
    /// <param name="V">n values (d), one every stride floats.</param>
    /// <param name="a">(vectors, d).</param>
    /// <param name="vectors">Number of query vectors.</param>
    /// <param name="d">Width of a head.</param>
    /// <param name="n">Number of positions.</param>
    /// <param name="stride">Floats from value to value.</param>
    public static void Sums(ReadOnlySpan<float> p, ReadOnlySpan<float> V, Span<float> a, int vectors, int d, int n, int stride)
    {
        int width = 2 * Vector256<float>.Count;
        int v = 0;
        for (; v <= vectors - 4 && d % width == 0; v += 4)
        {
            for (int i = 0; i < d; i += width)
            {
                Sums4(p[(v * n)..], V[i..], a[(v * d + i)..], d, n, stride);
            }
        }
        for (; v < vectors; v++)
        {
            Span<float> a_v = a.Slice(v * d, d);
            a_v.Clear();
            for (int j = 0; j < n; j++)
            {
                TensorPrimitives.MultiplyAdd(V.Slice(j * stride, d), p[v * n + j], a_v, a_v);
            }
        }
    }

    // Four vectors, 16 columns: eight sums stay in registers over all positions.
    private static void Sums4(ReadOnlySpan<float> p, ReadOnlySpan<float> V, Span<float> a, int d, int n, int stride)
    {
        int half = Vector256<float>.Count;
        Vector256<float> a00 = default, a01 = default, a10 = default, a11 = default;
        Vector256<float> a20 = default, a21 = default, a30 = default, a31 = default;
        for (int j = 0; j < n; j++)
        {
            ReadOnlySpan<float> V_j = V.Slice(j * stride, 2 * half);
            Vector256<float> left = Vector256.Create(V_j), right = Vector256.Create(V_j[half..]);
            Vector256<float> p0 = Vector256.Create(p[j]), p1 = Vector256.Create(p[n + j]);
            Vector256<float> p2 = Vector256.Create(p[2 * n + j]), p3 = Vector256.Create(p[3 * n + j]);
            a00 = Vector256.MultiplyAddEstimate(p0, left, a00);
            a01 = Vector256.MultiplyAddEstimate(p0, right, a01);
            a10 = Vector256.MultiplyAddEstimate(p1, left, a10);
            a11 = Vector256.MultiplyAddEstimate(p1, right, a11);
            a20 = Vector256.MultiplyAddEstimate(p2, left, a20);
            a21 = Vector256.MultiplyAddEstimate(p2, right, a21);
            a30 = Vector256.MultiplyAddEstimate(p3, left, a30);
            a31 = Vector256.MultiplyAddEstimate(p3, right, a31);
        }
        a00.CopyTo(a);
        a01.CopyTo(a[half..]);
        a10.CopyTo(a[d..]);
        a11.CopyTo(a[(d + half)..]);
        a20.CopyTo(a[(2 * d)..]);
        a21.CopyTo(a[(2 * d + half)..]);
        a30.CopyTo(a[(3 * d)..]);
        a31.CopyTo(a[(3 * d + half)..]);
    }
}
