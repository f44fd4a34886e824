using System.Buffers;
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
    // Bytes of W for one index of the loop for few tokens: enough to read on end, and several indices even for a small weight.
    private const int StripBytes = 64 * 1024;

    /// <summary>Tokens up to which each is multiplied as if it were alone, a strip of the weight for all of them while it is in the cache: a
    /// token's result is then the same to the last bit. From five on it pays to turn tiles into floats.</summary>
    /// <remarks>Measured on AVX2 with 4 and 17 million weights, the least of several runs, ns of processor time for a weight by strips and by tiles: 4 tokens 0.34 and 0.52
    /// (Q4_K), 0.40 and 0.50 (Q6_K), 0.28 and 0.37 (Q8_0), 0.76 and 0.84 (F16); 8 tokens 0.66 and 0.44, 0.78 and 0.73, 0.55 and 0.36, 1.21 and 0.74.</remarks>
    internal const int FewTokens = 4;

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
