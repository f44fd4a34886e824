using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ReferenceModels.Quantization;

namespace ReferenceModels.Ops;

internal static unsafe partial class PanelProduct
{
    private const int Rows = 6;
    private const int MostRows = 12;

    // Rows of the tile that multiplies up to M rows with a panel.
    private static int TileRows(int panelColumns, int M) =>
        panelColumns == HalfColumns || (Vector512.IsHardwareAccelerated && M >= MostRows) ? MostRows : Rows;

    // C (rows, panel's columns) of a tile, whose missing rows are written, too.
    private static void Tile(Strided A, int rows, float* panel, int panelColumns, int K, float* c, int ldc, bool add)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Tile<Vector512<float>, Lanes512>(A, rows, panel, panelColumns, K, c, ldc, add);
        }
        else
        {
            Tile<Vector256<float>, Lanes256>(A, rows, panel, panelColumns, K, c, ldc, add);
        }
    }

    private static void Tile<V, TLanes>(Strided A, int rows, float* panel, int panelColumns, int K, float* c, int ldc, bool add) where TLanes : ILanes<V>
    {
        if (panelColumns == TLanes.Count)
        {
            TwelveByOne<V, TLanes>(A, rows, panel, K, c, ldc, add);
        }
        else if (rows > Rows)
        {
            TwelveByTwo(A, panel, K, c, ldc, add); // only with AVX-512: see TileRows
        }
        else
        {
            SixByTwo<V, TLanes>(A, rows, panel, K, c, ldc, add);
        }
    }

    // Twelve rows by two registers: 24 sums, which with two registers of B and one of A fit the 32 registers of AVX-512. The panel is
    // read half as often as with six rows; it does not fit the first-level cache together with the rows of A.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwelveByTwo(Strided A, float* b, int K, float* c, int ldc, bool add)
    {
        long step = A.RowStride;
        float* a0 = A.Data, a1 = a0 + step, a2 = a1 + step, a3 = a2 + step, a4 = a3 + step, a5 = a4 + step;
        float* a6 = a5 + step, a7 = a6 + step, a8 = a7 + step, a9 = a8 + step, a10 = a9 + step, a11 = a10 + step;
        Vector512<float> s0_0 = Lanes512.Zero, s0_1 = s0_0, s1_0 = s0_0, s1_1 = s0_0, s2_0 = s0_0, s2_1 = s0_0, s3_0 = s0_0, s3_1 = s0_0, s4_0 = s0_0, s4_1 = s0_0, s5_0 = s0_0, s5_1 = s0_0;
        Vector512<float> s6_0 = s0_0, s6_1 = s0_0, s7_0 = s0_0, s7_1 = s0_0, s8_0 = s0_0, s8_1 = s0_0, s9_0 = s0_0, s9_1 = s0_0, s10_0 = s0_0, s10_1 = s0_0, s11_0 = s0_0, s11_1 = s0_0;
        nint i = 0, stride = A.ColumnStride;
        for (float* end = b + (long)K * MostColumns; b < end; b += MostColumns, i += stride)
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

    // Twelve rows by one register: twelve sums. Missing rows repeat the last one; C has room for them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwelveByOne<V, TLanes>(Strided A, int rows, float* b, int K, float* c, int ldc, bool add) where TLanes : ILanes<V>
    {
        long last = rows - 1, step = A.RowStride;
        float* a0 = A.Data, a1 = a0 + Math.Min(1, last) * step, a2 = a0 + Math.Min(2, last) * step, a3 = a0 + Math.Min(3, last) * step;
        float* a4 = a0 + Math.Min(4, last) * step, a5 = a0 + Math.Min(5, last) * step, a6 = a0 + Math.Min(6, last) * step, a7 = a0 + Math.Min(7, last) * step;
        float* a8 = a0 + Math.Min(8, last) * step, a9 = a0 + Math.Min(9, last) * step, a10 = a0 + Math.Min(10, last) * step, a11 = a0 + Math.Min(11, last) * step;
        V s0 = TLanes.Zero, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;
        nint i = 0, stride = A.ColumnStride;
        for (float* end = b + (long)K * TLanes.Count; b < end; b += TLanes.Count, i += stride)
        {
            V v = TLanes.Load(b);
            s0 = TLanes.MultiplyAdd(TLanes.Broadcast(a0[i]), v, s0);
            s1 = TLanes.MultiplyAdd(TLanes.Broadcast(a1[i]), v, s1);
            s2 = TLanes.MultiplyAdd(TLanes.Broadcast(a2[i]), v, s2);
            s3 = TLanes.MultiplyAdd(TLanes.Broadcast(a3[i]), v, s3);
            s4 = TLanes.MultiplyAdd(TLanes.Broadcast(a4[i]), v, s4);
            s5 = TLanes.MultiplyAdd(TLanes.Broadcast(a5[i]), v, s5);
            s6 = TLanes.MultiplyAdd(TLanes.Broadcast(a6[i]), v, s6);
            s7 = TLanes.MultiplyAdd(TLanes.Broadcast(a7[i]), v, s7);
            s8 = TLanes.MultiplyAdd(TLanes.Broadcast(a8[i]), v, s8);
            s9 = TLanes.MultiplyAdd(TLanes.Broadcast(a9[i]), v, s9);
            s10 = TLanes.MultiplyAdd(TLanes.Broadcast(a10[i]), v, s10);
            s11 = TLanes.MultiplyAdd(TLanes.Broadcast(a11[i]), v, s11);
        }
        Store<V, TLanes>(c, s0, add);
        Store<V, TLanes>(c + ldc, s1, add);
        Store<V, TLanes>(c + 2L * ldc, s2, add);
        Store<V, TLanes>(c + 3L * ldc, s3, add);
        Store<V, TLanes>(c + 4L * ldc, s4, add);
        Store<V, TLanes>(c + 5L * ldc, s5, add);
        Store<V, TLanes>(c + 6L * ldc, s6, add);
        Store<V, TLanes>(c + 7L * ldc, s7, add);
        Store<V, TLanes>(c + 8L * ldc, s8, add);
        Store<V, TLanes>(c + 9L * ldc, s9, add);
        Store<V, TLanes>(c + 10L * ldc, s10, add);
        Store<V, TLanes>(c + 11L * ldc, s11, add);
    }

    // Six rows by two registers: twelve sums, which with two registers of B and one of A fit the sixteen registers of AVX2.
    // Missing rows repeat the last one; C has room for them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixByTwo<V, TLanes>(Strided A, int rows, float* b, int K, float* c, int ldc, bool add) where TLanes : ILanes<V>
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
        Store<V, TLanes>(c, s0, add);
        Store<V, TLanes>(c + TLanes.Count, s1, add);
    }

    // A sum that is added is multiplied by one and added: exact, and ILanes needs no addition just for this.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, TLanes>(float* c, V s, bool add) where TLanes : ILanes<V> =>
        TLanes.Store(add ? TLanes.MultiplyAdd(TLanes.Broadcast(1), TLanes.Load(c), s) : s, c);
}
