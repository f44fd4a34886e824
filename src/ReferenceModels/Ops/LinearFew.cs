using System.Buffers;
using System.Runtime.CompilerServices;
using ReferenceModels.Quantization;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    // Floats of x that a strip of the weight is multiplied with at a time: 16 KiB, which stay in the first-level cache.
    private const int FewFloats = 4096;

    // Rows in a strip: their sums with eight tokens are 32 KiB. With fewer rows, more of the prefetches go beyond the strip, where another thread may be at work.
    private const int FewRows = 32;

    private static void MultiplyFew(Weight W, float* x, float* y, int T, Workers workers)
    {
        int room = T <= FourTokens.Count ? FourTokens.Count : EightTokens.Count, lanes = PackedTokens.Lanes, K = PackedTokens.PaddedColumns(W.Columns), columns = FewColumns(room);
        int groups = W.Format.SumElements > 0 ? W.Columns / W.Format.SumElements : 0, sumFloats = (groups + 7) / 8 * 8 * room;
        float[] rented = ArrayPool<float>.Shared.Rent(K * room + sumFloats + 16);
        fixed (float* memory = rented)
        {
            float* packed = (float*)(((nint)memory + 63) & ~63), sums = packed + (long)K * room;
            workers.For((W.Columns + columns - 1) / columns, i =>
            {
                int first = i * columns, n = Math.Min(columns, W.Columns - first);
                PackedTokens.Pack(x, W.Columns, first, n, T, room, packed, lanes);
                if (groups > 0)
                {
                    PackSums(x + first, W.Columns, n, W.Format.SumElements, T, room, sums + (long)first / W.Format.SumElements * room);
                }
            });
            int strip = (int)Math.Clamp(Math.Max(StripBytes / W.RowBytes, W.Rows / (StripsPerThread * workers.Threads)), 1, FewRows);
            workers.For((W.Rows + strip - 1) / strip, i => MultiplyFewRows(W, i * strip, Math.Min(strip, W.Rows - i * strip), packed, sums, y + i * strip, T, room));
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    // Columns of a chunk: a multiple of every format's block.
    private static int FewColumns(int room) => FewFloats / room;

    // (groups / 8, room, 8)
    [SkipLocalsInit]
    private static void PackSums(float* x, long ldx, int n, int group, int T, int room, float* packed)
    {
        int groups = n / group, most = FewColumns(room) / 16;
        float* sums = stackalloc float[most];
        for (int t = 0; t < room; t++)
        {
            new Span<float>(sums, most).Clear();
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
        int group = Math.Max(W.Format.SumElements, 1), columns = FewColumns(room);
        for (int c = 0; c < W.Columns; c += columns)
        {
            W.Format.Add(
                w + W.Format.RowBytes(c), W.RowBytes, rows, x + (long)c * room, sums + (long)c / group * room, products, room, Math.Min(columns, W.Columns - c));
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
