using System.Buffers;
using System.Numerics.Tensors;
using Engine;
using ReferenceModels.Quantization;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    /// <summary>y = x Wᵀ in either arithmetic.</summary>
    public static void Forward(Arithmetic arithmetic, Weight W, ReadOnlySpan<float> x, Span<float> y, Workers workers)
    {
        if (arithmetic == Arithmetic.Exact || W.Format.Activations == ActivationFormat.F32)
        {
            Forward(W, x, y, workers);
            return;
        }

        Forward(GgmlBuild.Current, W, x, y, workers);
    }

    /// <summary>y = x Wᵀ as a build of ggml computes it for a weight that is not F32.</summary>
    public static void Forward(GgmlBuild build, Weight W, ReadOnlySpan<float> x, Span<float> y, Workers workers)
    {
        int T = Tokens(W, x.Length, y.Length);
        if (W.Format.Integers is { } kernel && T >= kernel.FewestTokens)
        {
            fixed (float* px = x, py = y)
            {
                MultiplyIntegers(build, kernel, W, px, py, T, workers);
            }
            return;
        }
        var rounded = ArrayPool<float>.Shared.Rent(x.Length);
        var sums = ArrayPool<float>.Shared.Rent(x.Length / 32 + 1);
        try
        {
            fixed (float* px = x, px̂ = rounded, ps = sums, py = y)
            {
                MultiplyRounded(build, W, px, px̂, ps, py, T, workers);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rounded);
            ArrayPool<float>.Shared.Return(sums);
        }
    }

    // x̂ (T, in) and the sums of its blocks (T, in / 32) are scratch.
    private static void MultiplyRounded(GgmlBuild build, Weight W, float* x, float* x̂, float* sums, float* y, int T, Workers workers)
    {
        var (d_in, format) = (W.Columns, W.Format.Activations);
        workers.For(T, t => ActivationRounding.Round(
            build, format, new(x + (long)t * d_in, d_in), new(x̂ + (long)t * d_in, d_in), new(sums + (long)t * (d_in / 32), d_in / 32)));
        if (format == ActivationFormat.Q8_1 && T == 1)
        {
            MultiplyVector(W, x̂, sums, y, workers);
            return;
        }
        Multiply(W, x̂, y, T, workers);
        if (format == ActivationFormat.Q8_1)
        {
            CorrectSums(W, x̂, sums, y, T, workers);
        }
    }

    // Q8_1 stores the sums of its blocks rounded, and ggml multiplies the minima with these. The products with several tokens have used unrounded sums; this
    // corrects y by the minima times the difference.
    private static void CorrectSums(Weight W, float* x̂, float* sums, float* y, int T, Workers workers)
    {
        var (n, d_out) = (W.Columns / 32, W.Rows);
        workers.For(T, t =>
        {
            for (var k = 0; k < n; k++)
            {
                sums[(long)t * n + k] -= TensorPrimitives.Sum(new ReadOnlySpan<float>(x̂ + (long)t * W.Columns + 32 * k, 32));
            }
        });
        for (int t = 0; t < T; t += MatrixTokens)
        {
            MultiplyTiles(ReadMinima, n, sums + (long)t * n, y + (long)t * d_out, d_out, Math.Min(MatrixTokens, T - t), add: true, workers);
        }

        void ReadMinima(int first, int rows, int column, int count, float* tile, int ldw)
        {
            byte* blocks = W.Data + first * W.RowBytes + W.Format.RowBytes(32 * column);
            for (int r = 0; r < rows; r++)
            {
                W.Format.Minima(blocks + r * W.RowBytes, tile + r * ldw, 32 * count);
                TensorPrimitives.Negate(new ReadOnlySpan<float>(tile + r * ldw, count), new(tile + r * ldw, count));
            }
        }
    }
}
