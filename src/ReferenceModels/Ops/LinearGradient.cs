using System.Numerics.Tensors;
using Engine.Gguf;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    // Columns for one index of a loop over the input's gradient: a multiple of every format's block.
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

    // Rows in a tile of a frozen weight that has been converted to floats.
    private const int GradientRows = 64;

    /// <summary>dx += dy W, for frozen and trainable W.</summary>
    public static void BackwardInput(Weight W, ReadOnlySpan<float> dy, Span<float> dx, Workers workers)
    {
        int T = Tokens(W, dx.Length, dy.Length), d_in = W.Columns, d_out = W.Rows;
        fixed (float* pdx = dx, pdy = dy)
        {
            if (W.Type == GgmlType.F32)
            {
                PanelProduct.Multiply(new Strided(pdy, d_out), new Strided((float*)W.Data, d_in), pdx, d_in, T, d_in, d_out, add: true, workers);
                return;
            }
            var (dx_t, dy_t) = ((nint)pdx, (nint)pdy);
            // Each index owns columns of dx, so that the order of the sum over out does not depend on the threads.
            workers.For((d_in + GradientColumns - 1) / GradientColumns, tile =>
            {
                var first = tile * GradientColumns;
                var n = Math.Min(GradientColumns, d_in - first);
                var offset = W.Format.RowBytes(first);
                var w = stackalloc float[GradientRows * GradientColumns];
                for (var o = 0; o < d_out; o += GradientRows)
                {
                    var rows = Math.Min(GradientRows, d_out - o);
                    W.Format.Dequantize(W.Data + o * W.RowBytes + offset, W.RowBytes, rows, w, GradientColumns, n);
                    PanelProduct.Multiply(
                        new Strided((float*)dy_t + o, d_out), new Strided(w, GradientColumns), (float*)dx_t + first, d_in, T, n, rows, add: true);
                }
            });
        }
    }

    /// <summary>dW += dyᵀ x, dW (out, in) the gradient of a trainable W.</summary>
    public static void BackwardWeight(Weight W, ReadOnlySpan<float> dy, ReadOnlySpan<float> x, Span<float> dW, Workers workers)
    {
        int T = Tokens(W, x.Length, dy.Length), d_in = W.Columns, d_out = W.Rows;
        ArgumentOutOfRangeException.ThrowIfNotEqual(dW.Length, d_out * d_in, nameof(dW));
        fixed (float* px = x, pdy = dy, pdW = dW)
        {
            PanelProduct.Multiply(new Strided(pdy, d_out).Transposed, new Strided(px, d_in), pdW, d_in, d_out, d_in, T, add: true, workers);
        }
    }

    /// <summary>db += Σ_t dy_t, db (out) the gradient of a trainable b.</summary>
    public static void BackwardBias(ReadOnlySpan<float> dy, Span<float> db)
    {
        for (var t = 0; t < dy.Length / db.Length; t++)
        {
            TensorPrimitives.Add(db, dy.Slice(t * db.Length, db.Length), db);
        }
    }
}
