using System.Buffers;
using System.Runtime.Intrinsics;
using ReferenceModels.Quantization;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>y = x Wᵀ, with W (out, in), x (T, in), y (T, out).</summary>
/// <remarks>Exact arithmetic: the weight's elements as F32 times F32 activations, sums in F32 in an order that the kernel
/// chooses and that does not depend on the threads. <see cref="LinearNaive"/> is the definition. In ggml arithmetic the activations are
/// rounded first (<see cref="ActivationRounding"/>), and where both sides are integers then, they are multiplied as such (<see cref="IntegerKernel"/>).</remarks>
internal static unsafe partial class Linear
{
    // Bytes of W for one index of the loop for few tokens: enough for long sequential reads, yet several indices even for a small weight. The processor's
    // prefetching starts anew with each strip, so those of a large weight are longer.
    private const int StripBytes = 64 * 1024;
    private const int LongestStripBytes = 1024 * 1024;
    private const int StripsPerThread = 16;

    /// <summary>Up to this many tokens the weight is used in its own format, and each result equals to the last bit what the token gets alone. With more, converting tiles to floats pays off.</summary>
    internal const int FewTokens = 8;

    /// <summary>y = x Wᵀ.</summary>
    public static void Forward(Weight W, ReadOnlySpan<float> x, Span<float> y, Workers workers)
    {
        var T = Tokens(W, x.Length, y.Length);
        fixed (float* px = x, py = y)
        {
            Multiply(W, px, py, T, workers);
        }
    }

    private static void Multiply(Weight W, float* x, float* y, int T, Workers workers)
    {
        if (T == 1)
        {
            MultiplyVector(W, x, y, workers);
        }
        else if (T <= FewTokens)
        {
            MultiplyFew(W, x, y, T, workers);
        }
        else
        {
            MultiplyMatrix(W, x, y, T, workers);
        }
    }

    // One token: the weight is read only once, so it is used directly in its own format.
    private static void MultiplyVector(Weight W, float* x, float* y, Workers workers)
    {
        var groups = W.Format.SumElements > 0 ? W.Columns / W.Format.SumElements : 0;
        var rented = ArrayPool<float>.Shared.Rent(groups);
        fixed (float* sums = rented)
        {
            if (groups > 0)
            {
                SumGroups(x, W.Columns, W.Format.SumElements, sums);
            }

            MultiplyVector(W, x, sums, y, workers);
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    private static void MultiplyVector(Weight W, float* x, float* sums, float* y, Workers workers)
    {
        var strip = StripRows(W, 4, workers);
        workers.For((W.Rows + strip - 1) / strip, i =>
        {
            var first = i * strip;
            W.Format.Dot(W.Data + first * W.RowBytes, Math.Min(strip, W.Rows - first), x, sums, y + first, W.Columns);
        });
    }

    // A multiple of some rows.
    private static int StripRows(Weight W, int multiple, Workers workers)
    {
        long bytes = Math.Clamp(W.Rows * W.RowBytes / (StripsPerThread * workers.Threads), StripBytes, LongestStripBytes);
        return (int)Math.Clamp(bytes / W.RowBytes, multiple, 1024) / multiple * multiple;
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
