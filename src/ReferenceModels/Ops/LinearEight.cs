using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ReferenceModels.Quantization;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    // Tokens of a panel that is one register wide: half of a panel of PanelProduct's would be empty.
    private const int EightTokens = 8;

    // Twelve sums, a vector of x and an element of W: the registers of AVX2.
    private const int RowsWithEight = 12;

    // Adds a tile of the weight times a panel of eight tokens to the sums (rows, 8). Rows up to whole twelves are there on both sides.
    private static void MultiplyEight(float* tile, float* panel, int K, float* sums, int rows, bool add)
    {
        for (int r = 0; r < rows; r += RowsWithEight)
        {
            MultiplyTwelve(tile + r * TileStride, panel, K, sums + r * EightTokens, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTwelve(float* w, float* x, int K, float* y, bool add)
    {
        Vector256<float> s0 = default, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;
        for (float* end = x + EightTokens * K; x < end; x += EightTokens, w++)
        {
            Vector256<float> v = Vector256.Load(x);
            s0 = Lanes256.MultiplyAdd(Vector256.Create(w[0]), v, s0);
            s1 = Lanes256.MultiplyAdd(Vector256.Create(w[TileStride]), v, s1);
            s2 = Lanes256.MultiplyAdd(Vector256.Create(w[2 * TileStride]), v, s2);
            s3 = Lanes256.MultiplyAdd(Vector256.Create(w[3 * TileStride]), v, s3);
            s4 = Lanes256.MultiplyAdd(Vector256.Create(w[4 * TileStride]), v, s4);
            s5 = Lanes256.MultiplyAdd(Vector256.Create(w[5 * TileStride]), v, s5);
            s6 = Lanes256.MultiplyAdd(Vector256.Create(w[6 * TileStride]), v, s6);
            s7 = Lanes256.MultiplyAdd(Vector256.Create(w[7 * TileStride]), v, s7);
            s8 = Lanes256.MultiplyAdd(Vector256.Create(w[8 * TileStride]), v, s8);
            s9 = Lanes256.MultiplyAdd(Vector256.Create(w[9 * TileStride]), v, s9);
            s10 = Lanes256.MultiplyAdd(Vector256.Create(w[10 * TileStride]), v, s10);
            s11 = Lanes256.MultiplyAdd(Vector256.Create(w[11 * TileStride]), v, s11);
        }
        Store(y, s0, s1, add);
        Store(y + 16, s2, s3, add);
        Store(y + 32, s4, s5, add);
        Store(y + 48, s6, s7, add);
        Store(y + 64, s8, s9, add);
        Store(y + 80, s10, s11, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector256<float> first, Vector256<float> second, bool add)
    {
        if (add)
        {
            (first, second) = (first + Vector256.Load(y), second + Vector256.Load(y + 8));
        }

        first.Store(y);
        second.Store(y + 8);
    }
}
