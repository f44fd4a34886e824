using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>y = x Wᵀ + b, with W (out, in), x (T, in), y (T, out), b (out).</summary>
/// <remarks>Exact arithmetic: the weight's elements as F32 times F32 activations, sums in F32 in an order of the kernel's own.
/// <see cref="LinearNaive"/> is the definition.</remarks>
internal static unsafe partial class Linear
{
    /// <summary>y = x Wᵀ.</summary>
    public static void Forward(Weight W, ReadOnlySpan<float> x, Span<float> y, Workers workers)
    {
        int T = Tokens(W, x.Length, y.Length), d_in = W.Columns, d_out = W.Rows;
        fixed (float* px = x, py = y)
        {
            var (x_t, y_t) = ((nint)px, (nint)py);
            workers.For((d_out + 31) / 32, tile =>
            {
                var w = stackalloc float[d_in];
                for (var o = tile * 32; o < Math.Min(d_out, tile * 32 + 32); o++)
                {
                    W.Format.Dequantize(W.Data + o * W.RowBytes, w, d_in);
                    for (var t = 0; t < T; t++)
                    {
                        var sum = 0f;
                        for (var i = 0; i < d_in; i++)
                            sum += w[i] * ((float*)x_t)[(long)t * d_in + i];
                        ((float*)y_t)[(long)t * d_out + o] = sum;
                    }
                }
            });
        }
    }

    private static int Tokens(Weight W, int x, int y)
    {
        var T = x / W.Columns;
        if (x != (long)T * W.Columns || y != (long)T * W.Rows)
            throw new ArgumentException(
                $"Multiplying by '{W.Name}' (out {W.Rows}, in {W.Columns}): expected x (T, {W.Columns}) and y (T, {W.Rows}), found {x} and {y} elements.");
        return T;
    }
}
