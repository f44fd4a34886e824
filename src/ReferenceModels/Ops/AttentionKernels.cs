using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Ops;

/// <summary>The two products of <see cref="Attention"/> for a few query vectors that share a key/value head: four vectors
/// at a time, so that a key or value is loaded once for all four.</summary>
internal static class AttentionKernels
{
    /// <summary>s[v, j] = q_v · K_j.</summary>
    /// <param name="q">(vectors, d).</param>
    /// <param name="K">n keys (d), <paramref name="stride"/> floats apart.</param>
    /// <param name="s">n scores for each vector, <paramref name="lds"/> floats apart.</param>
    /// <param name="vectors">Number of query vectors.</param>
    /// <param name="d">Width of a head.</param>
    /// <param name="n">Number of positions.</param>
    /// <param name="stride">Floats from key to key.</param>
    /// <param name="lds">Floats from a vector's scores to the next one's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(ReadOnlySpan<float> q, ReadOnlySpan<float> K, Span<float> s, int vectors, int d, int n, int stride, int lds)
    {
        int v = 0;
        for (; v <= vectors - 4 && d % Vector256<float>.Count == 0; v += 4)
        {
            Scores4(q.Slice(v * d, 4 * d), K, s[(v * lds)..], d, n, stride, lds);
        }
        for (; v < vectors; v++)
        {
            for (int j = 0; j < n; j++)
            {
                s[v * lds + j] = TensorPrimitives.Dot(q.Slice(v * d, d), K.Slice(j * stride, d));
            }
        }
    }

    // Four vectors against two keys at a time: eight sums for six loads.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores4(ReadOnlySpan<float> q, ReadOnlySpan<float> K, Span<float> s, int d, int n, int stride, int lds)
    {
        ref float q_0 = ref MemoryMarshal.GetReference(q);
        ref float s_0 = ref MemoryMarshal.GetReference(s);
        int j = 0;
        for (; j <= n - 2; j += 2)
        {
            ref float k_0 = ref MemoryMarshal.GetReference(K.Slice(j * stride, stride + d));
            Vector256<float> s00 = default, s10 = default, s20 = default, s30 = default;
            Vector256<float> s01 = default, s11 = default, s21 = default, s31 = default;
            for (nuint i = 0; i < (nuint)d; i += (nuint)Vector256<float>.Count)
            {
                Vector256<float> k0 = Vector256.LoadUnsafe(ref k_0, i), k1 = Vector256.LoadUnsafe(ref k_0, i + (nuint)stride);
                Vector256<float> q0 = Vector256.LoadUnsafe(ref q_0, i), q1 = Vector256.LoadUnsafe(ref q_0, i + (nuint)d);
                s00 = Vector256.MultiplyAddEstimate(q0, k0, s00);
                s01 = Vector256.MultiplyAddEstimate(q0, k1, s01);
                s10 = Vector256.MultiplyAddEstimate(q1, k0, s10);
                s11 = Vector256.MultiplyAddEstimate(q1, k1, s11);
                Vector256<float> q2 = Vector256.LoadUnsafe(ref q_0, i + 2 * (nuint)d), q3 = Vector256.LoadUnsafe(ref q_0, i + 3 * (nuint)d);
                s20 = Vector256.MultiplyAddEstimate(q2, k0, s20);
                s21 = Vector256.MultiplyAddEstimate(q2, k1, s21);
                s30 = Vector256.MultiplyAddEstimate(q3, k0, s30);
                s31 = Vector256.MultiplyAddEstimate(q3, k1, s31);
            }
            Vector128<ulong> first = Sums4(s00, s01, s10, s11).AsUInt64(), second = Sums4(s20, s21, s30, s31).AsUInt64();
            StorePair(first[0], ref s_0, j);
            StorePair(first[1], ref s_0, lds + j);
            StorePair(second[0], ref s_0, 2 * lds + j);
            StorePair(second[1], ref s_0, 3 * lds + j);
        }
        for (; j < n; j++)
        {
            for (int v = 0; v < 4; v++)
            {
                s[v * lds + j] = TensorPrimitives.Dot(q.Slice(v * d, d), K.Slice(j * stride, d));
            }
        }
    }

    // The sums of each register's elements.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums4(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector128<float> ab = Sums2(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper()), cd = Sums2(c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper());
        return Sse.IsSupported
            ? Sse.MoveLowToHigh(ab, cd) + Sse.MoveHighToLow(cd, ab)
            : Vector128.Create(ab.GetLower(), cd.GetLower()) + Vector128.Create(ab.GetUpper(), cd.GetUpper());
    }

    // (a0 + a2, b0 + b2, a1 + a3, b1 + b3)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums2(Vector128<float> a, Vector128<float> b) => Sse.IsSupported
        ? Sse.UnpackLow(a, b) + Sse.UnpackHigh(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]) + Vector128.Create(a[2], b[2], a[3], b[3]);

    // Two scores of a vector, as one number: on x86, .NET keeps a vector of 64 bits in memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(ulong scores, ref float s, nint at) => Unsafe.WriteUnaligned(ref Unsafe.As<float, byte>(ref Unsafe.Add(ref s, at)), scores);

    /// <summary>a_v += Σ_j p[v, j]·V_j.</summary>
    /// <param name="p">n factors for each vector, <paramref name="ldp"/> floats apart.</param>
    /// <param name="V">n values (d), <paramref name="stride"/> floats apart.</param>
    /// <param name="a">(vectors, d).</param>
    /// <param name="vectors">Number of query vectors.</param>
    /// <param name="d">Width of a head.</param>
    /// <param name="n">Number of positions.</param>
    /// <param name="stride">Floats from value to value.</param>
    /// <param name="ldp">Floats from a vector's factors to the next one's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddSums(ReadOnlySpan<float> p, ReadOnlySpan<float> V, Span<float> a, int vectors, int d, int n, int stride, int ldp)
    {
        int width = 2 * Vector256<float>.Count;
        int v = 0;
        for (; v <= vectors - 4 && d % width == 0; v += 4)
        {
            for (int i = 0; i < d; i += width)
            {
                AddSums4(p[(v * ldp)..], V[i..], a[(v * d + i)..], d, n, stride, ldp);
            }
        }
        for (; v < vectors; v++)
        {
            Span<float> a_v = a.Slice(v * d, d);
            for (int j = 0; j < n; j++)
            {
                TensorPrimitives.MultiplyAdd(V.Slice(j * stride, d), p[v * ldp + j], a_v, a_v);
            }
        }
    }

    // Four vectors, 16 columns: eight sums stay in registers over all positions.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSums4(ReadOnlySpan<float> p, ReadOnlySpan<float> V, Span<float> a, int d, int n, int stride, int ldp)
    {
        int half = Vector256<float>.Count;
        Vector256<float> a00 = Vector256.Create<float>(a), a01 = Vector256.Create<float>(a[half..]);
        Vector256<float> a10 = Vector256.Create<float>(a[d..]), a11 = Vector256.Create<float>(a[(d + half)..]);
        Vector256<float> a20 = Vector256.Create<float>(a[(2 * d)..]), a21 = Vector256.Create<float>(a[(2 * d + half)..]);
        Vector256<float> a30 = Vector256.Create<float>(a[(3 * d)..]), a31 = Vector256.Create<float>(a[(3 * d + half)..]);
        ref float p_0 = ref MemoryMarshal.GetReference(p[..(3 * ldp + n)]);
        for (int j = 0; j < n; j++)
        {
            ref float V_j = ref MemoryMarshal.GetReference(V.Slice(j * stride, 2 * half));
            Vector256<float> left = Vector256.LoadUnsafe(ref V_j), right = Vector256.LoadUnsafe(ref V_j, (nuint)half);
            Vector256<float> p0 = Vector256.Create(Unsafe.Add(ref p_0, j)), p1 = Vector256.Create(Unsafe.Add(ref p_0, ldp + j));
            Vector256<float> p2 = Vector256.Create(Unsafe.Add(ref p_0, 2 * ldp + j)), p3 = Vector256.Create(Unsafe.Add(ref p_0, 3 * ldp + j));
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
