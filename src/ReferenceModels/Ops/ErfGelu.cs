using System.Numerics;

namespace ReferenceModels.Ops;

/// <summary>
/// Gaussian error linear unit in its exact form (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415, section 2):
/// y = x·Φ(x) = ½x·(1 + erf(x/√2)). BERT's authors and the transformers library compute this form; ggml's BERT uses <see cref="Gelu"/>, the tanh form.
/// </summary>
/// <remarks>In double, element by element: it is used only in heads, on few rows, where products with a vocabulary dominate the cost.</remarks>
internal static class ErfGelu
{
    /// <summary>y = GELU(x), both (T, d).</summary>
    public static Tensor Forward(Pass pass, Tensor x)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        Forward(x.Values, y.Values);
        if (pass.Tape is { } tape)
        {
            Push(tape, x, y);
        }
        return y;
    }

    /// <summary>y = GELU(x).</summary>
    public static void Forward(ReadOnlySpan<float> x, Span<float> y)
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = (float)(x[i] * Φ(x[i]));
        }
    }

    /// <summary>dy/dx = Φ(x) + x·φ(x).</summary>
    public static double Derivative(double x) => Φ(x) + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>The naive twin: erf by its series, https://dlmf.nist.gov/7.6.E2, summed until it no longer changes.</summary>
    public static void Naive<N>(ReadOnlySpan<N> x, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        N two = N.CreateChecked(2);
        for (int i = 0; i < x.Length; i++)
        {
            N z = x[i] / N.Sqrt(two), term = z, sum = N.Zero;
            for (int n = 1; sum + term != sum; n++)
            {
                sum += term;
                term *= two * z * z / N.CreateChecked((2 * n) + 1);
            }
            y[i] = x[i] / two * (N.One + (two / N.Sqrt(N.Pi) * N.Exp(-z * z) * sum));
        }
    }

    /// <summary>The distribution function of the normal distribution, ½·erfc(−x/√2).</summary>
    private static double Φ(double x) => x < 0 ? Tail(-x) : 1 - Tail(x);

    // ½·erfc(x/√2) for x ≥ 0, so that negative x keep their precision.
    private static double Tail(double x)
    {
        double z = x / Math.Sqrt(2);
        if (z < 2)
        {
            double term = z, sum = z;
            for (int n = 1; term > 1e-17 * sum; n++)
            {
                term *= 2 * z * z / ((2 * n) + 1);
                sum += term;
            }
            return 0.5 - (Math.Exp(-z * z) * sum / Math.Sqrt(Math.PI));
        }
        // The continued fraction https://dlmf.nist.gov/7.9.E1, evaluated from its end; 40 levels give 1e-15 at z = 2.
        double tail = z;
        for (int n = 40; n > 0; n--)
        {
            tail = z + (n / 2.0 / tail);
        }
        return Math.Exp(-z * z) / tail / (2 * Math.Sqrt(Math.PI));
    }

    private static void Push(Tape tape, Tensor x, Tensor y) => tape.Record(() =>
    {
        Span<float> δx = x.Gradient;
        for (int i = 0; i < δx.Length; i++)
        {
            δx[i] += (float)(y.Gradient[i] * Derivative(x.Values[i]));
        }
    });
}
