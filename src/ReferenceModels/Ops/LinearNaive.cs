using System.Numerics;

namespace ReferenceModels.Ops;

/// <summary>The definition of <see cref="Linear"/> and its gradients in any float type; in double, the fast path is tested against it.</summary>
internal static class LinearNaive
{
    /// <summary>y = x Wᵀ + b, W (out, in), x (T, in), y (T, out), b (out) or empty.</summary>
    public static void Forward<T>(ReadOnlySpan<T> W, ReadOnlySpan<T> b, ReadOnlySpan<T> x, Span<T> y, int d_in, int d_out)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (var t = 0; t < x.Length / d_in; t++)
        {
            for (var o = 0; o < d_out; o++)
            {
                var sum = b.IsEmpty ? T.Zero : b[o];
                for (var i = 0; i < d_in; i++)
                {
                    sum += W[o * d_in + i] * x[t * d_in + i];
                }

                y[t * d_out + o] = sum;
            }
        }
    }

    /// <summary>dx += dy W.</summary>
    public static void BackwardInput<T>(ReadOnlySpan<T> W, ReadOnlySpan<T> dy, Span<T> dx, int d_in, int d_out)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (var t = 0; t < dy.Length / d_out; t++)
        {
            for (var o = 0; o < d_out; o++)
            {
                for (var i = 0; i < d_in; i++)
                {
                    dx[t * d_in + i] += dy[t * d_out + o] * W[o * d_in + i];
                }
            }
        }
    }

    /// <summary>dW += dyᵀ x.</summary>
    public static void BackwardWeight<T>(ReadOnlySpan<T> dy, ReadOnlySpan<T> x, Span<T> dW, int d_in, int d_out)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (var t = 0; t < dy.Length / d_out; t++)
        {
            for (var o = 0; o < d_out; o++)
            {
                for (var i = 0; i < d_in; i++)
                {
                    dW[o * d_in + i] += dy[t * d_out + o] * x[t * d_in + i];
                }
            }
        }
    }

    /// <summary>db += Σ_t dy_t.</summary>
    public static void BackwardBias<T>(ReadOnlySpan<T> dy, Span<T> db)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (var k = 0; k < dy.Length; k++)
        {
            db[k % db.Length] += dy[k];
        }
    }
}
