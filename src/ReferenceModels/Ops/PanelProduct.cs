using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ReferenceModels.Quantization;

namespace ReferenceModels.Ops;

/// <summary>C (M, N) += A (M, K) B (K, N) in F32, the product of the backward pass: neither operand needs the memory layout of a dot product.</summary>
/// <remarks>B is copied into panels of a few columns that stay in the first-level cache (Goto and van de Geijn 2008,
/// https://doi.org/10.1145/1356052.1356053); six or twelve rows of A are multiplied with a panel in registers. Each element of C is summed over K
/// in order, so that neither threads nor tiles change a bit. <see cref="LinearNaive"/> is the definition.</remarks>
internal static unsafe class PanelProduct
{
    /// <summary>The largest K that a panel holds: 256 × 32 floats are 32 KiB.</summary>
    public const int Depth = 256;

    private const int Rows = 6;
    private const int WideRows = 12;
    private const int WidestPanel = 32;

    // Rows for one index of the parallel loop: enough to be worth copying a panel.
    private const int RowsOfIndex = 384;

    /// <summary>Whether a product with N columns uses panels of 32 columns rather than 16.</summary>
    public static bool IsWide(int N) => Vector512.IsHardwareAccelerated && N % WidestPanel is 0 or > WidestPanel / 2;

    /// <summary>Columns in a panel.</summary>
    public static int PanelColumns(bool wide) => wide ? WidestPanel : WidestPanel / 2;

    /// <summary>Floats that <see cref="Pack"/> writes.</summary>
    public static int PackedFloats(int K, int N, bool wide) => (N + PanelColumns(wide) - 1) / PanelColumns(wide) * PanelColumns(wide) * K;

    /// <summary>The whole product on all threads.</summary>
    public static void Multiply(Strided A, Strided B, float* C, int ldc, int M, int N, int K, bool add, Workers workers)
    {
        bool wide = IsWide(N);
        int columns = PanelColumns(wide), panels = (N + columns - 1) / columns, chunks = workers.Threads == 1 ? 1 : (M + RowsOfIndex - 1) / RowsOfIndex;
        workers.For(panels * chunks, index =>
        {
            int m = index / panels * RowsOfIndex, n = index % panels * columns;
            MultiplyPanel(A.From(m, 0), B.From(0, n), C + (long)m * ldc + n, ldc, chunks == 1 ? M : Math.Min(RowsOfIndex, M - m), Math.Min(columns, N - n), K, add, wide);
        });
    }

    /// <summary>The whole product on this thread.</summary>
    public static void Multiply(Strided A, Strided B, float* C, int ldc, int M, int N, int K, bool add)
    {
        bool wide = IsWide(N);
        int columns = PanelColumns(wide);
        for (int n = 0; n < N; n += columns)
        {
            MultiplyPanel(A, B.From(0, n), C + n, ldc, M, Math.Min(columns, N - n), K, add, wide);
        }
    }

    /// <summary>Copies B (K, N) into consecutive panels, each (K, columns), the last padded with zeros.</summary>
    public static void Pack(Strided B, int K, int N, bool wide, float* packed)
    {
        int columns = PanelColumns(wide);
        for (int n = 0; n < N; n += columns, packed += (long)columns * K)
        {
            PackPanel(B.From(0, n), K, Math.Min(columns, N - n), columns, packed);
        }
    }

    /// <summary>C += A B with packed B.</summary>
    /// <param name="A">(M, K).</param>
    /// <param name="packed">Panels of a B with at least K rows and N columns.</param>
    /// <param name="depth">K of the panels as they were packed.</param>
    /// <param name="C">(M, N), <paramref name="ldc"/> floats from row to row.</param>
    /// <param name="ldc">Floats from row to row of C.</param>
    /// <param name="M">Rows.</param>
    /// <param name="N">Columns.</param>
    /// <param name="K">Length of the sums.</param>
    /// <param name="add">False to overwrite C.</param>
    /// <param name="wide">As packed.</param>
    public static void Multiply(Strided A, float* packed, int depth, float* C, int ldc, int M, int N, int K, bool add, bool wide)
    {
        int columns = PanelColumns(wide);
        for (int n = 0; n < N; n += columns, packed += (long)columns * depth)
        {
            MultiplyRows(A, packed, C + n, ldc, M, Math.Min(columns, N - n), K, add, wide);
        }
    }

    [SkipLocalsInit]
    private static void MultiplyPanel(Strided A, Strided B, float* C, int ldc, int M, int columns, int K, bool add, bool wide)
    {
        float* memory = stackalloc float[Depth * WidestPanel + 16], panel = (float*)(((nint)memory + 63) & ~63);
        for (int k = 0; k < K; k += Depth)
        {
            int depth = Math.Min(Depth, K - k);
            PackPanel(B.From(k, 0), depth, columns, PanelColumns(wide), panel);
            MultiplyRows(A.From(0, k), panel, C, ldc, M, columns, depth, add || k > 0, wide);
        }
        if (K == 0 && !add)
        {
            for (int m = 0; m < M; m++)
            {
                new Span<float>(C + (long)m * ldc, columns).Clear();
            }
        }
    }

    private static void PackPanel(Strided B, int K, int columns, int panelColumns, float* panel)
    {
        if (B.ColumnStride == 1 && columns == panelColumns)
        {
            for (float* row = B.Data, end = panel + (long)K * columns; panel < end; row += B.RowStride)
            {
                for (int n = 0; n < columns; n += Vector256<float>.Count, panel += Vector256<float>.Count)
                {
                    Vector256.Load(row + n).Store(panel);
                }
            }
            return;
        }
        if (B.ColumnStride == 1)
        {
            for (int k = 0; k < K; k++)
            {
                var row = new Span<float>(panel + (long)k * panelColumns, panelColumns);
                new ReadOnlySpan<float>(B.Data + (long)k * B.RowStride, columns).CopyTo(row);
                row[columns..].Clear();
            }
            return;
        }
        if (columns < panelColumns)
        {
            new Span<float>(panel, K * panelColumns).Clear();
        }
        if (B.RowStride == 1)
        {
            Transposition.Copy(B.Data, B.ColumnStride, panel, panelColumns, columns, K);
            return;
        }
        for (int k = 0; k < K; k++)
        {
            float* source = B.Data + (long)k * B.RowStride, target = panel + (long)k * panelColumns;
            for (int n = 0; n < columns; n++, source += B.ColumnStride)
            {
                target[n] = *source;
            }
        }
    }

    [SkipLocalsInit]
    private static void MultiplyRows(Strided A, float* panel, float* C, int ldc, int M, int columns, int K, bool add, bool wide)
    {
        int panelColumns = PanelColumns(wide);
        float* edge = stackalloc float[Rows * WidestPanel];
        int m = 0;
        for (; Vector512.IsHardwareAccelerated && columns == panelColumns && M - m >= WideRows; m += WideRows)
        {
            if (wide)
            {
                WideTile(A.From(m, 0), panel, K, C + (long)m * ldc, ldc, add);
            }
            else
            {
                NarrowTile(A.From(m, 0), panel, K, C + (long)m * ldc, ldc, add);
            }
        }
        for (; m < M; m += Rows)
        {
            int rows = Math.Min(Rows, M - m);
            float* c = C + (long)m * ldc;
            bool whole = rows == Rows && columns == panelColumns;
            Strided a = A.From(m, 0);
            if (wide)
            {
                Tile<Vector512<float>, Lanes512>(a, rows, panel, K, whole ? c : edge, whole ? ldc : panelColumns, whole && add);
            }
            else
            {
                Tile<Vector256<float>, Lanes256>(a, rows, panel, K, whole ? c : edge, whole ? ldc : panelColumns, whole && add);
            }
            for (int r = 0; r < rows && !whole; r++)
            {
                for (int n = 0; n < columns; n++)
                {
                    c[(long)r * ldc + n] = edge[r * panelColumns + n] + (add ? c[(long)r * ldc + n] : 0);
                }
            }
        }
    }

    // Twelve rows by two registers: 24 sums, which with two registers of B and one of A fit the 32 registers of AVX-512. The panel is
    // read half as often as with six rows; it does not fit the first-level cache together with the rows of A.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WideTile(Strided A, float* b, int K, float* c, int ldc, bool add)
    {
        long step = A.RowStride;
        float* a0 = A.Data, a1 = a0 + step, a2 = a1 + step, a3 = a2 + step, a4 = a3 + step, a5 = a4 + step;
        float* a6 = a5 + step, a7 = a6 + step, a8 = a7 + step, a9 = a8 + step, a10 = a9 + step, a11 = a10 + step;
        Vector512<float> s0_0 = Lanes512.Zero, s0_1 = s0_0, s1_0 = s0_0, s1_1 = s0_0, s2_0 = s0_0, s2_1 = s0_0, s3_0 = s0_0, s3_1 = s0_0, s4_0 = s0_0, s4_1 = s0_0, s5_0 = s0_0, s5_1 = s0_0;
        Vector512<float> s6_0 = s0_0, s6_1 = s0_0, s7_0 = s0_0, s7_1 = s0_0, s8_0 = s0_0, s8_1 = s0_0, s9_0 = s0_0, s9_1 = s0_0, s10_0 = s0_0, s10_1 = s0_0, s11_0 = s0_0, s11_1 = s0_0;
        nint i = 0, stride = A.ColumnStride;
        for (float* end = b + (long)K * WidestPanel; b < end; b += WidestPanel, i += stride)
        {
            Vector512<float> b0 = Lanes512.Load(b), b1 = Lanes512.Load(b + Lanes512.Count), a = Lanes512.Broadcast(a0[i]);
            s0_0 = Lanes512.MultiplyAdd(a, b0, s0_0);
            s0_1 = Lanes512.MultiplyAdd(a, b1, s0_1);
            a = Lanes512.Broadcast(a1[i]);
            s1_0 = Lanes512.MultiplyAdd(a, b0, s1_0);
            s1_1 = Lanes512.MultiplyAdd(a, b1, s1_1);
            a = Lanes512.Broadcast(a2[i]);
            s2_0 = Lanes512.MultiplyAdd(a, b0, s2_0);
            s2_1 = Lanes512.MultiplyAdd(a, b1, s2_1);
            a = Lanes512.Broadcast(a3[i]);
            s3_0 = Lanes512.MultiplyAdd(a, b0, s3_0);
            s3_1 = Lanes512.MultiplyAdd(a, b1, s3_1);
            a = Lanes512.Broadcast(a4[i]);
            s4_0 = Lanes512.MultiplyAdd(a, b0, s4_0);
            s4_1 = Lanes512.MultiplyAdd(a, b1, s4_1);
            a = Lanes512.Broadcast(a5[i]);
            s5_0 = Lanes512.MultiplyAdd(a, b0, s5_0);
            s5_1 = Lanes512.MultiplyAdd(a, b1, s5_1);
            a = Lanes512.Broadcast(a6[i]);
            s6_0 = Lanes512.MultiplyAdd(a, b0, s6_0);
            s6_1 = Lanes512.MultiplyAdd(a, b1, s6_1);
            a = Lanes512.Broadcast(a7[i]);
            s7_0 = Lanes512.MultiplyAdd(a, b0, s7_0);
            s7_1 = Lanes512.MultiplyAdd(a, b1, s7_1);
            a = Lanes512.Broadcast(a8[i]);
            s8_0 = Lanes512.MultiplyAdd(a, b0, s8_0);
            s8_1 = Lanes512.MultiplyAdd(a, b1, s8_1);
            a = Lanes512.Broadcast(a9[i]);
            s9_0 = Lanes512.MultiplyAdd(a, b0, s9_0);
            s9_1 = Lanes512.MultiplyAdd(a, b1, s9_1);
            a = Lanes512.Broadcast(a10[i]);
            s10_0 = Lanes512.MultiplyAdd(a, b0, s10_0);
            s10_1 = Lanes512.MultiplyAdd(a, b1, s10_1);
            a = Lanes512.Broadcast(a11[i]);
            s11_0 = Lanes512.MultiplyAdd(a, b0, s11_0);
            s11_1 = Lanes512.MultiplyAdd(a, b1, s11_1);
        }
        Store<Vector512<float>, Lanes512>(c, s0_0, s0_1, add);
        Store<Vector512<float>, Lanes512>(c + ldc, s1_0, s1_1, add);
        Store<Vector512<float>, Lanes512>(c + 2L * ldc, s2_0, s2_1, add);
        Store<Vector512<float>, Lanes512>(c + 3L * ldc, s3_0, s3_1, add);
        Store<Vector512<float>, Lanes512>(c + 4L * ldc, s4_0, s4_1, add);
        Store<Vector512<float>, Lanes512>(c + 5L * ldc, s5_0, s5_1, add);
        Store<Vector512<float>, Lanes512>(c + 6L * ldc, s6_0, s6_1, add);
        Store<Vector512<float>, Lanes512>(c + 7L * ldc, s7_0, s7_1, add);
        Store<Vector512<float>, Lanes512>(c + 8L * ldc, s8_0, s8_1, add);
        Store<Vector512<float>, Lanes512>(c + 9L * ldc, s9_0, s9_1, add);
        Store<Vector512<float>, Lanes512>(c + 10L * ldc, s10_0, s10_1, add);
        Store<Vector512<float>, Lanes512>(c + 11L * ldc, s11_0, s11_1, add);
    }

    // Twelve rows by one register, which is a whole panel of 16 columns.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NarrowTile(Strided A, float* b, int K, float* c, int ldc, bool add)
    {
        long step = A.RowStride;
        float* a0 = A.Data, a1 = a0 + step, a2 = a1 + step, a3 = a2 + step, a4 = a3 + step, a5 = a4 + step;
        float* a6 = a5 + step, a7 = a6 + step, a8 = a7 + step, a9 = a8 + step, a10 = a9 + step, a11 = a10 + step;
        Vector512<float> s0 = Lanes512.Zero, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;
        nint i = 0, stride = A.ColumnStride;
        for (float* end = b + (long)K * Lanes512.Count; b < end; b += Lanes512.Count, i += stride)
        {
            Vector512<float> v = Lanes512.Load(b);
            s0 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a0[i]), v, s0);
            s1 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a1[i]), v, s1);
            s2 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a2[i]), v, s2);
            s3 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a3[i]), v, s3);
            s4 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a4[i]), v, s4);
            s5 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a5[i]), v, s5);
            s6 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a6[i]), v, s6);
            s7 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a7[i]), v, s7);
            s8 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a8[i]), v, s8);
            s9 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a9[i]), v, s9);
            s10 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a10[i]), v, s10);
            s11 = Lanes512.MultiplyAdd(Lanes512.Broadcast(a11[i]), v, s11);
        }
        if (add)
        {
            // As in Store: multiplied by one and added.
            Vector512<float> one = Lanes512.Broadcast(1);
            s0 = Lanes512.MultiplyAdd(one, Lanes512.Load(c), s0);
            s1 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + ldc), s1);
            s2 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 2L * ldc), s2);
            s3 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 3L * ldc), s3);
            s4 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 4L * ldc), s4);
            s5 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 5L * ldc), s5);
            s6 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 6L * ldc), s6);
            s7 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 7L * ldc), s7);
            s8 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 8L * ldc), s8);
            s9 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 9L * ldc), s9);
            s10 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 10L * ldc), s10);
            s11 = Lanes512.MultiplyAdd(one, Lanes512.Load(c + 11L * ldc), s11);
        }
        Lanes512.Store(s0, c);
        Lanes512.Store(s1, c + ldc);
        Lanes512.Store(s2, c + 2L * ldc);
        Lanes512.Store(s3, c + 3L * ldc);
        Lanes512.Store(s4, c + 4L * ldc);
        Lanes512.Store(s5, c + 5L * ldc);
        Lanes512.Store(s6, c + 6L * ldc);
        Lanes512.Store(s7, c + 7L * ldc);
        Lanes512.Store(s8, c + 8L * ldc);
        Lanes512.Store(s9, c + 9L * ldc);
        Lanes512.Store(s10, c + 10L * ldc);
        Lanes512.Store(s11, c + 11L * ldc);
    }

    // Six rows by two registers: twelve sums, which with two registers of B and one of A fit the sixteen registers of AVX2.
    // Missing rows repeat the last one; C has room for them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<V, TLanes>(Strided A, int rows, float* b, int K, float* c, int ldc, bool add) where TLanes : ILanes<V>
    {
        long last = rows - 1, step = A.RowStride;
        float* a0 = A.Data, a1 = a0 + Math.Min(1, last) * step, a2 = a0 + Math.Min(2, last) * step;
        float* a3 = a0 + Math.Min(3, last) * step, a4 = a0 + Math.Min(4, last) * step, a5 = a0 + Math.Min(5, last) * step;
        V s00 = TLanes.Zero, s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00, s40 = s00, s41 = s00, s50 = s00, s51 = s00;
        nint i = 0, stride = A.ColumnStride;
        for (float* end = b + (long)K * 2 * TLanes.Count; b < end; b += 2 * TLanes.Count, i += stride)
        {
            V b0 = TLanes.Load(b), b1 = TLanes.Load(b + TLanes.Count), a = TLanes.Broadcast(a0[i]);
            s00 = TLanes.MultiplyAdd(a, b0, s00);
            s01 = TLanes.MultiplyAdd(a, b1, s01);
            a = TLanes.Broadcast(a1[i]);
            s10 = TLanes.MultiplyAdd(a, b0, s10);
            s11 = TLanes.MultiplyAdd(a, b1, s11);
            a = TLanes.Broadcast(a2[i]);
            s20 = TLanes.MultiplyAdd(a, b0, s20);
            s21 = TLanes.MultiplyAdd(a, b1, s21);
            a = TLanes.Broadcast(a3[i]);
            s30 = TLanes.MultiplyAdd(a, b0, s30);
            s31 = TLanes.MultiplyAdd(a, b1, s31);
            a = TLanes.Broadcast(a4[i]);
            s40 = TLanes.MultiplyAdd(a, b0, s40);
            s41 = TLanes.MultiplyAdd(a, b1, s41);
            a = TLanes.Broadcast(a5[i]);
            s50 = TLanes.MultiplyAdd(a, b0, s50);
            s51 = TLanes.MultiplyAdd(a, b1, s51);
        }
        Store<V, TLanes>(c, s00, s01, add);
        Store<V, TLanes>(c + ldc, s10, s11, add);
        Store<V, TLanes>(c + 2L * ldc, s20, s21, add);
        Store<V, TLanes>(c + 3L * ldc, s30, s31, add);
        Store<V, TLanes>(c + 4L * ldc, s40, s41, add);
        Store<V, TLanes>(c + 5L * ldc, s50, s51, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, TLanes>(float* c, V s0, V s1, bool add) where TLanes : ILanes<V>
    {
        if (add)
        {
            // Multiplied by one and added: exact, and ILanes needs no addition just for this.
            s0 = TLanes.MultiplyAdd(TLanes.Broadcast(1), TLanes.Load(c), s0);
            s1 = TLanes.MultiplyAdd(TLanes.Broadcast(1), TLanes.Load(c + TLanes.Count), s1);
        }
        TLanes.Store(s0, c);
        TLanes.Store(s1, c + TLanes.Count);
    }
}
