using System.Buffers;
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

        var rounded = ArrayPool<float>.Shared.Rent(x.Length);
        var sums = ArrayPool<float>.Shared.Rent(x.Length / 32 + 1);
        try
        {
            fixed (float* px = x, px̂ = rounded, ps = sums, py = y)
            {
                MultiplyRounded(W, px, px̂, ps, py, Tokens(W, x.Length, y.Length), workers);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rounded);
            ArrayPool<float>.Shared.Return(sums);
        }
    }

    // x̂ (T, in) and the sums of its blocks (T, in / 32) are scratch.
    private static void MultiplyRounded(Weight W, float* x, float* x̂, float* sums, float* y, int T, Workers workers)
    {
        var (d_in, format) = (W.Columns, W.Format.Activations);
        workers.For(T, t => ActivationRounding.Round(
            format, new(x + (long)t * d_in, d_in), new(x̂ + (long)t * d_in, d_in), new(sums + (long)t * (d_in / 32), d_in / 32)));
        if (T > 1 && format != ActivationFormat.Q8_1)
        {
            MultiplyMatrix(W, x̂, y, T, workers);
            return;
        }

        // Q8_1 keeps the sums of its blocks rounded: they have to meet the minima as such, which only the one-token product lets them.
        for (var t = 0; t < T; t++)
        {
            float* x̂_t = x̂ + (long)t * d_in, y_t = y + (long)t * W.Rows;
            if (format == ActivationFormat.Q8_1)
            {
                MultiplyVector(W, x̂_t, sums + (long)t * (d_in / 32), y_t, workers);
            }
            else
            {
                MultiplyVector(W, x̂_t, y_t, workers);
            }
        }
    }
}
