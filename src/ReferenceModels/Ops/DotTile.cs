using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ReferenceModels.Quantization;

namespace ReferenceModels.Ops;

/// <summary>y (T, out) += x (T, n) Wᵀ for a tile W (rows, n) of floats that stays in the cache.</summary>
/// <remarks>Sums run along the rows, lane by lane, so that neither side has to be transposed: four rows of W against as many
/// tokens as the registers hold, each loaded vector used by all of the other side.</remarks>
internal static unsafe class DotTile
{
    // Rows of W that are multiplied together.
    private const int Rows = 4;

    /// <summary>Adds the products of <paramref name="rows"/> rows of W to y.</summary>
    public static void Multiply(float* W, int rows, int ldw, float* x, int ldx, float* y, int ldy, int T, int n)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Multiply<Vector512<float>, Lanes512>(W, rows, ldw, x, ldx, y, ldy, T, n);
        }
        else
        {
            Multiply<Vector256<float>, Lanes256>(W, rows, ldw, x, ldx, y, ldy, T, n);
        }
    }

    /// <summary>The same in a given width.</summary>
    public static void Multiply<V, TLanes>(float* W, int rows, int ldw, float* x, int ldx, float* y, int ldy, int T, int n)
        where TLanes : ILanes<V>
    {
        int whole = n - n % TLanes.Count, fours = rows - rows % Rows, t = 0;
        // 24 sums, 4 rows and a token fill the 32 registers of AVX-512.
        if (TLanes.Count == 16)
        {
            for (; t <= T - 6; t += 6)
            {
                for (var r = 0; r < fours; r += Rows)
                {
                    Six<V, TLanes>(W + r * ldw, ldw, x + (long)t * ldx, ldx, y + (long)t * ldy + r, ldy, whole);
                }
            }
        }
        // 12 sums, 3 tokens and a row fill the 16 registers of AVX2.
        for (; t <= T - 3; t += 3)
        {
            for (var r = 0; r < fours; r += Rows)
            {
                Three<V, TLanes>(W + r * ldw, ldw, x + (long)t * ldx, ldx, y + (long)t * ldy + r, ldy, whole);
            }
        }

        for (; t < T; t++)
        {
            for (var r = 0; r < fours; r += Rows)
            {
                One<V, TLanes>(W + r * ldw, ldw, x + (long)t * ldx, y + (long)t * ldy + r, whole);
            }
        }
        // What does not fill a register: columns behind the last whole one, rows behind the last four.
        for (t = 0; t < T; t++)
        {
            for (var r = 0; r < rows; r++)
            {
                var first = r < fours ? whole : 0;
                if (first < n)
                {
                    float rest;
                    FloatFormat<F32>.Dot<V, TLanes>((byte*)(W + r * ldw + first), 1, x + (long)t * ldx + first, &rest, n - first);
                    y[(long)t * ldy + r] += rest;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Six<V, TLanes>(float* w0, int ldw, float* x0, int ldx, float* y, int ldy, int n) where TLanes : ILanes<V>
    {
        float* w1 = w0 + ldw, w2 = w1 + ldw, w3 = w2 + ldw;
        float* x1 = x0 + ldx, x2 = x1 + ldx, x3 = x2 + ldx, x4 = x3 + ldx, x5 = x4 + ldx;
        V s00 = TLanes.Zero, s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00, s13 = s00;
        V s20 = s00, s21 = s00, s22 = s00, s23 = s00, s30 = s00, s31 = s00, s32 = s00, s33 = s00;
        V s40 = s00, s41 = s00, s42 = s00, s43 = s00, s50 = s00, s51 = s00, s52 = s00, s53 = s00;
        for (var i = 0; i < n; i += TLanes.Count)
        {
            V a = TLanes.Load(w0 + i), b = TLanes.Load(w1 + i), c = TLanes.Load(w2 + i), d = TLanes.Load(w3 + i);
            var x = TLanes.Load(x0 + i);
            (s00, s01, s02, s03) = (TLanes.MultiplyAdd(x, a, s00), TLanes.MultiplyAdd(x, b, s01), TLanes.MultiplyAdd(x, c, s02), TLanes.MultiplyAdd(x, d, s03));
            x = TLanes.Load(x1 + i);
            (s10, s11, s12, s13) = (TLanes.MultiplyAdd(x, a, s10), TLanes.MultiplyAdd(x, b, s11), TLanes.MultiplyAdd(x, c, s12), TLanes.MultiplyAdd(x, d, s13));
            x = TLanes.Load(x2 + i);
            (s20, s21, s22, s23) = (TLanes.MultiplyAdd(x, a, s20), TLanes.MultiplyAdd(x, b, s21), TLanes.MultiplyAdd(x, c, s22), TLanes.MultiplyAdd(x, d, s23));
            x = TLanes.Load(x3 + i);
            (s30, s31, s32, s33) = (TLanes.MultiplyAdd(x, a, s30), TLanes.MultiplyAdd(x, b, s31), TLanes.MultiplyAdd(x, c, s32), TLanes.MultiplyAdd(x, d, s33));
            x = TLanes.Load(x4 + i);
            (s40, s41, s42, s43) = (TLanes.MultiplyAdd(x, a, s40), TLanes.MultiplyAdd(x, b, s41), TLanes.MultiplyAdd(x, c, s42), TLanes.MultiplyAdd(x, d, s43));
            x = TLanes.Load(x5 + i);
            (s50, s51, s52, s53) = (TLanes.MultiplyAdd(x, a, s50), TLanes.MultiplyAdd(x, b, s51), TLanes.MultiplyAdd(x, c, s52), TLanes.MultiplyAdd(x, d, s53));
        }
        Add<V, TLanes>(y, s00, s01, s02, s03);
        Add<V, TLanes>(y + ldy, s10, s11, s12, s13);
        Add<V, TLanes>(y + 2L * ldy, s20, s21, s22, s23);
        Add<V, TLanes>(y + 3L * ldy, s30, s31, s32, s33);
        Add<V, TLanes>(y + 4L * ldy, s40, s41, s42, s43);
        Add<V, TLanes>(y + 5L * ldy, s50, s51, s52, s53);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Three<V, TLanes>(float* w0, int ldw, float* x0, int ldx, float* y, int ldy, int n) where TLanes : ILanes<V>
    {
        float* w1 = w0 + ldw, w2 = w1 + ldw, w3 = w2 + ldw, x1 = x0 + ldx, x2 = x1 + ldx;
        V s00 = TLanes.Zero, s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00, s13 = s00, s20 = s00, s21 = s00, s22 = s00, s23 = s00;
        for (var i = 0; i < n; i += TLanes.Count)
        {
            V a = TLanes.Load(x0 + i), b = TLanes.Load(x1 + i), c = TLanes.Load(x2 + i);
            var w = TLanes.Load(w0 + i);
            (s00, s10, s20) = (TLanes.MultiplyAdd(w, a, s00), TLanes.MultiplyAdd(w, b, s10), TLanes.MultiplyAdd(w, c, s20));
            w = TLanes.Load(w1 + i);
            (s01, s11, s21) = (TLanes.MultiplyAdd(w, a, s01), TLanes.MultiplyAdd(w, b, s11), TLanes.MultiplyAdd(w, c, s21));
            w = TLanes.Load(w2 + i);
            (s02, s12, s22) = (TLanes.MultiplyAdd(w, a, s02), TLanes.MultiplyAdd(w, b, s12), TLanes.MultiplyAdd(w, c, s22));
            w = TLanes.Load(w3 + i);
            (s03, s13, s23) = (TLanes.MultiplyAdd(w, a, s03), TLanes.MultiplyAdd(w, b, s13), TLanes.MultiplyAdd(w, c, s23));
        }
        Add<V, TLanes>(y, s00, s01, s02, s03);
        Add<V, TLanes>(y + ldy, s10, s11, s12, s13);
        Add<V, TLanes>(y + 2L * ldy, s20, s21, s22, s23);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<V, TLanes>(float* w0, int ldw, float* x, float* y, int n) where TLanes : ILanes<V>
    {
        float* w1 = w0 + ldw, w2 = w1 + ldw, w3 = w2 + ldw;
        V s0 = TLanes.Zero, s1 = s0, s2 = s0, s3 = s0;
        for (var i = 0; i < n; i += TLanes.Count)
        {
            var a = TLanes.Load(x + i);
            s0 = TLanes.MultiplyAdd(a, TLanes.Load(w0 + i), s0);
            s1 = TLanes.MultiplyAdd(a, TLanes.Load(w1 + i), s1);
            s2 = TLanes.MultiplyAdd(a, TLanes.Load(w2 + i), s2);
            s3 = TLanes.MultiplyAdd(a, TLanes.Load(w3 + i), s3);
        }
        Add<V, TLanes>(y, s0, s1, s2, s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<V, TLanes>(float* y, V s0, V s1, V s2, V s3) where TLanes : ILanes<V>
    {
        y[0] += TLanes.Sum(s0);
        y[1] += TLanes.Sum(s1);
        y[2] += TLanes.Sum(s2);
        y[3] += TLanes.Sum(s3);
    }
}
