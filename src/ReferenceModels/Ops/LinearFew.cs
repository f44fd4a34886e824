using System.Buffers;
using System.Runtime.CompilerServices;
using ReferenceModels.Quantization;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    // Columns that a strip of the weight is multiplied with at a time: those of eight tokens stay in the first-level cache. A multiple of every format's block.
    private const int FewColumns = 512;

    // Rows in a strip: their sums with eight tokens are 32 KiB.
    private const int FewRows = 32;

    private static void MultiplyFew(Weight W, float* x, float* y, int T, Workers workers)
    {
        int room = T <= FourTokens.Count ? FourTokens.Count : EightTokens.Count, lanes = PackedTokens.Lanes, K = PackedTokens.PaddedColumns(W.Columns);
        int groups = W.Format.SumElements > 0 ? W.Columns / W.Format.SumElements : 0, sumFloats = (groups + 7) / 8 * 8 * room;
        float[] rented = ArrayPool<float>.Shared.Rent(K * room + sumFloats + 16);
        fixed (float* memory = rented)
        {
            float* packed = (float*)(((nint)memory + 63) & ~63), sums = packed + (long)K * room;
            workers.For((W.Columns + FewColumns - 1) / FewColumns, i =>
            {
                int first = i * FewColumns, n = Math.Min(FewColumns, W.Columns - first);
                PackedTokens.Pack(x, W.Columns, first, n, T, room, packed, lanes);
                if (groups > 0)
                {
                    PackSums(x + first, W.Columns, n, W.Format.SumElements, T, room, sums + (long)first / W.Format.SumElements * room);
                }
            });
            int strip = (int)Math.Clamp(StripBytes / W.RowBytes, 1, FewRows);
            workers.For((W.Rows + strip - 1) / strip, i => MultiplyFewRows(W, i * strip, Math.Min(strip, W.Rows - i * strip), packed, sums, y + i * strip, T, room));
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    // (groups / 8, room, 8)
    [SkipLocalsInit]
    private static void PackSums(float* x, long ldx, int n, int group, int T, int room, float* packed)
    {
        float* sums = stackalloc float[FewColumns / 16];
        int groups = n / group;
        for (int t = 0; t < room; t++)
        {
            new Span<float>(sums, FewColumns / 16).Clear();
            if (t < T)
            {
                SumGroups(x + t * ldx, n, group, sums);
            }
            for (int g = 0; g < groups; g += 8)
            {
                new ReadOnlySpan<float>(sums + g, 8).CopyTo(new(packed + ((long)g * room) + (t * 8), 8));
            }
        }
    }

    // y (T, rows of the strip)
    [SkipLocalsInit]
    private static void MultiplyFewRows(Weight W, int first, int rows, float* x, float* sums, float* y, int T, int room)
    {
        float* products = stackalloc float[FewRows * EightTokens.Count * PackedTokens.ProductFloats];
        new Span<float>(products, rows * room * PackedTokens.ProductFloats).Clear();
        byte* w = W.Data + first * W.RowBytes;
        int group = Math.Max(W.Format.SumElements, 1);
        for (int c = 0; c < W.Columns; c += FewColumns)
        {
            W.Format.Add(
                w + W.Format.RowBytes(c), W.RowBytes, rows, x + (long)c * room, sums + (long)c / group * room, products, room, Math.Min(FewColumns, W.Columns - c));
        }
        for (int r = 0; r < rows; r++)
        {
            for (int t = 0; t < T; t++)
            {
                y[(long)t * W.Rows + r] = PackedTokens.Product(products + (((r * room) + t) * PackedTokens.ProductFloats));
            }
        }
    }
}
