using System.Numerics.Tensors;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    // Columns of one index of a loop over the input's gradient: whole blocks of every format.
    private const int GradientColumns = 256;

    /// <summary>y += b in each row.</summary>
    public static void AddBias(Weight b, Span<float> y)
    {
        var values = new ReadOnlySpan<float>(b.Data, b.Columns);
        for (var t = 0; t < y.Length / b.Columns; t++)
        {
            var y_t = y.Slice(t * b.Columns, b.Columns);
            TensorPrimitives.Add(y_t, values, y_t);
        }
    }

    /// <summary>dx += dy W, for frozen and trainable W.</summary>
    public static void BackwardInput(Weight W, ReadOnlySpan<float> dy, Span<float> dx, Workers workers)
    {
        int T = Tokens(W, dx.Length, dy.Length), d_in = W.Columns, d_out = W.Rows;
        fixed (float* pdx = dx, pdy = dy)
        {
            var (dx_t, dy_t) = ((nint)pdx, (nint)pdy);
            // Each index owns columns of dx, so that the order of the sum over out does not depend on the threads.
            workers.For((d_in + GradientColumns - 1) / GradientColumns, tile =>
            {
                var first = tile * GradientColumns;
                var n = Math.Min(GradientColumns, d_in - first);
                var offset = W.Format.RowBytes(first);
                var w = stackalloc float[GradientColumns];
                for (var o = 0; o < d_out; o++)
                {
                    W.Format.Dequantize(W.Data + o * W.RowBytes + offset, w, n);
                    for (var t = 0; t < T; t++)
                    {
                        Axpy(((float*)dy_t)[(long)t * d_out + o], w, (float*)dx_t + (long)t * d_in + first, n);
                    }
                }
            });
        }
    }

    /// <summary>dW += dyᵀ x, into the gradient of a trainable W.</summary>
    public static void BackwardWeight(Weight W, ReadOnlySpan<float> dy, ReadOnlySpan<float> x, Workers workers)
    {
        int T = Tokens(W, x.Length, dy.Length), d_in = W.Columns, d_out = W.Rows;
        var gradient = W.Gradient
            ?? throw new InvalidOperationException($"'{W.Name}' is frozen: it has no gradient of its own.");
        fixed (float* px = x, pdy = dy, pdW = gradient)
        {
            var (x_t, dy_t, dW) = ((nint)px, (nint)pdy, (nint)pdW);
            workers.For(d_out, o =>
            {
                for (var t = 0; t < T; t++)
                {
                    Axpy(((float*)dy_t)[(long)t * d_out + o], (float*)x_t + (long)t * d_in, (float*)dW + (long)o * d_in, d_in);
                }
            });
        }
    }

    /// <summary>db += Σ_t dy_t, into the gradient of a trainable b.</summary>
    public static void BackwardBias(Weight b, ReadOnlySpan<float> dy)
    {
        var gradient = b.Gradient ?? throw new InvalidOperationException($"'{b.Name}' is frozen: it has no gradient of its own.");
        for (var t = 0; t < dy.Length / b.Columns; t++)
        {
            TensorPrimitives.Add(gradient, dy.Slice(t * b.Columns, b.Columns), gradient);
        }
    }

    private static void Axpy(float a, float* x, float* y, int n) =>
        TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(x, n), a, new ReadOnlySpan<float>(y, n), new Span<float>(y, n));
}
