using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ReferenceModels.Quantization;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>y = x Wᵀ, with W (out, in), x (T, in), y (T, out).</summary>
/// <remarks>Exact arithmetic: the weight's elements as F32 times F32 activations, sums in F32 in an order of the kernel's own
/// that does not depend on the threads. <see cref="LinearNaive"/> is the definition. In ggml arithmetic the activations are
/// rounded first (<see cref="ActivationRounding"/>).</remarks>
internal static unsafe partial class Linear
{
    // A tile of W is TileRows × TileColumns floats (128 KiB): it stays in the second-level cache while x passes.
    private const int TileRows = 32;
    private const int TileColumns = 1024;

    // Between the rows of a tile, so that they do not all fall into the same sets of the first-level cache.
    private const int TilePadding = 16;

    // Bytes of W for one index of the loop for few tokens: enough to read on end, and several indices even for a small weight.
    private const int StripBytes = 64 * 1024;

    /// <summary>Tokens up to which each is multiplied as if it were alone, a strip of the weight for all of them while it is in the cache: a
    /// token's result is then the same to the last bit. From four on it pays to turn tiles into floats.</summary>
    /// <remarks>Measured with 100 million weights, processor time of a token by strips and by tiles, of one token's: 2 tokens 0.92 and 1.60 (Q8_0),
    /// 0.94 and 1.36 (Q4_K_M), 0.97 and 1.01 (F16); 4 tokens 0.86 and 1.04, 0.86 and 0.78, 1.00 and 0.56.</remarks>
    internal const int FewTokens = 3;

    /// <summary>y = x Wᵀ.</summary>
    public static void Forward(Weight W, ReadOnlySpan<float> x, Span<float> y, Workers workers)
    {
        var T = Tokens(W, x.Length, y.Length);
        fixed (float* px = x, py = y)
        {
            if (T <= FewTokens)
            {
                MultiplyVectors(W, px, py, T, workers);
            }
            else
            {
                MultiplyMatrix(W, px, py, T, workers);
            }
        }
    }

    // Few tokens: the weight is read once, so it is used in its own format on the way.
    private static void MultiplyVectors(Weight W, float* x, float* y, int T, Workers workers)
    {
        var groups = W.Format.SumElements > 0 ? W.Columns / W.Format.SumElements : 0;
        var rented = ArrayPool<float>.Shared.Rent(T * groups);
        fixed (float* sums = rented)
        {
            for (var t = 0; t < T && groups > 0; t++)
            {
                SumGroups(x + (long)t * W.Columns, W.Columns, W.Format.SumElements, sums + t * groups);
            }

            MultiplyVectors(W, x, sums, groups, y, T, workers);
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    private static void MultiplyVectors(Weight W, float* x, float* sums, int groups, float* y, int T, Workers workers)
    {
        var format = W.Format;
        var strip = (int)Math.Clamp(StripBytes / W.RowBytes, 2, 1024) & ~1;
        workers.For((W.Rows + strip - 1) / strip, i =>
        {
            var first = i * strip;
            for (var t = 0; t < T; t++)
            {
                format.Dot(
                    W.Data + first * W.RowBytes, Math.Min(strip, W.Rows - first), x + (long)t * W.Columns, sums + t * groups, y + (long)t * W.Rows + first, W.Columns);
            }
        });
    }

    // Σ x over each group of 16 or 32 elements.
    private static void SumGroups(float* x, int n, int group, float* sums)
    {
        for (; n > 0; n -= group, x += group)
        {
            var sum = Vector256.Load(x) + Vector256.Load(x + 8);
            *sums++ = Lanes256.Sum(group == 16 ? sum : sum + (Vector256.Load(x + 16) + Vector256.Load(x + 24)));
        }
    }

    // Many tokens: a tile of the weight is turned into floats once and used for all of them.
    private static void MultiplyMatrix(Weight W, float* x, float* y, int T, Workers workers)
    {
        workers.For((W.Rows + TileRows - 1) / TileRows, i => MultiplyTile(W, i * TileRows, x, y, T));
    }

    [SkipLocalsInit]
    private static void MultiplyTile(Weight W, int first, float* x, float* y, int T)
    {
        const int ldw = TileColumns + TilePadding;
        int d_in = W.Columns, d_out = W.Rows;
        var rows = Math.Min(TileRows, d_out - first);
        var memory = stackalloc float[TileRows * ldw + 16];
        var tile = (float*)(((nint)memory + 63) & ~63);
        for (var t = 0; t < T; t++)
        {
            new Span<float>(y + (long)t * d_out + first, rows).Clear();
        }

        for (var c = 0; c < d_in; c += TileColumns)
        {
            var n = Math.Min(TileColumns, d_in - c);
            for (var r = 0; r < rows; r++)
            {
                W.Format.Dequantize(W.Data + (first + r) * W.RowBytes + W.Format.RowBytes(c), tile + r * ldw, n);
            }

            DotTile.Multiply(tile, rows, ldw, x + c, d_in, y + first, d_out, T, n);
        }
    }

    private static int Tokens(Weight W, int x, int y)
    {
        var T = x / W.Columns;
        if (x != (long)T * W.Columns || y != (long)T * W.Rows)
        {
            throw new ArgumentException(
                $"Multiplying by '{W.Name}' (out {W.Rows}, in {W.Columns}): expected x (T, {W.Columns}) and y (T, {W.Rows}), found {x} and {y} elements.");
        }

        return T;
    }
}
