using System.Buffers;
using System.Runtime.CompilerServices;
using Engine;
using ReferenceModels.Quantization;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    // Panels that are unpacked at a time, to share what is read of many tokens.
    private const int SharingPanels = 4;

    // Up to this many tokens, one after the other takes less time than a panel for four.
    private const int LoneTokens = 3;

    // As a build of ggml computes it, with integers on both sides.
    private static void MultiplyIntegers(GgmlBuild build, IntegerKernel kernel, Weight W, float* x, float* y, int T, Workers workers)
    {
        int K = W.Columns, room = Room(T), scales = K / kernel.ScaleElements, groups = K / kernel.Group;
        byte[] rented = ArrayPool<byte>.Shared.Rent(checked(room * (K * kernel.ElementBytes + scales * sizeof(float) + groups * sizeof(short))) + 64);
        fixed (byte* memory = rented)
        {
            byte* data = (byte*)(((nint)memory + 63) & ~63);
            float* d = (float*)(data + (long)room * K * kernel.ElementBytes);
            var tokens = new IntegerTokens
            {
                Data = data,
                RowBytes = (long)K * kernel.ElementBytes,
                Scales = d,
                LdScales = scales,
                Sums = (short*)(d + (long)room * scales),
                LdSums = groups,
            };
            workers.For(T, t => tokens.Round(build, kernel, t, new(x + (long)t * K, K)));
            int rows = T <= FewTokens ? IntegerKernel.Rows : IntegerKernel.Rows * SharingPanels;
            int strip = T <= FewTokens ? StripRows(W, rows, workers) : rows;
            for (int t = 0; t < T; t += MatrixTokens)
            {
                int first = t, count = Math.Min(MatrixTokens, T - t);
                workers.For((W.Rows + strip - 1) / strip, i =>
                {
                    for (int r = i * strip; r < Math.Min(W.Rows, (i + 1) * strip); r += rows)
                    {
                        MultiplyRows(kernel, W, r, Math.Min(rows, W.Rows - r), tokens.From(kernel, first, 0), y + (long)first * W.Rows + r, count);
                    }
                });
            }
        }
        ArrayPool<byte>.Shared.Return(rented);
    }

    // Tokens that are missing from the last four are computed and dropped.
    private static int Room(int T) => (T + IntegerKernel.Tokens - 1) / IntegerKernel.Tokens * IntegerKernel.Tokens;

    // y (T, rows)
    [SkipLocalsInit]
    private static void MultiplyRows(IntegerKernel kernel, Weight W, int first, int rows, IntegerTokens x, float* y, int T)
    {
        const int r = IntegerKernel.Rows;
        int panels = (rows + r - 1) / r, ld = panels * r, room = Room(T);
        byte* memory = stackalloc byte[panels * kernel.PanelBytes + ld * room * sizeof(float) + 64], panel = (byte*)(((nint)memory + 63) & ~63), w = W.Data + first * W.RowBytes;
        float* sums = (float*)(panel + panels * kernel.PanelBytes);
        if (T <= LoneTokens && kernel is IDotKernel dot)
        {
            for (int t = 0; t < T; t++)
            {
                dot.Dot(w, W.RowBytes, rows, W.Columns, x.From(kernel, t, 0), sums + t * ld);
            }
        }
        else
        {
            new Span<float>(sums, ld * room).Clear();
            for (int c = 0; c < W.Columns; c += IntegerKernel.Depth)
            {
                int depth = Math.Min(IntegerKernel.Depth, W.Columns - c);
                for (int p = 0; p < panels; p++)
                {
                    kernel.Pack(w + p * r * W.RowBytes + W.Format.RowBytes(c), W.RowBytes, Math.Min(r, rows - p * r), depth, panel + p * kernel.PanelBytes);
                }
                for (int t = 0; t < T; t += IntegerKernel.Tokens)
                {
                    IntegerTokens four = x.From(kernel, t, c);
                    for (int p = 0; p < panels; p++)
                    {
                        kernel.Add(panel + p * kernel.PanelBytes, depth, four, sums + (t * ld) + (p * r), ld);
                    }
                }
            }
        }
        for (int t = 0; t < T; t++)
        {
            new ReadOnlySpan<float>(sums + t * ld, rows).CopyTo(new(y + (long)t * W.Rows, rows));
        }
    }
}
