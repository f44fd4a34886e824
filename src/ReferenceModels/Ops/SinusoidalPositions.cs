using System.Numerics;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>
/// Sinusoidal positions (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.5), added to a row of width d:
/// PE(pos, 2i) = sin(pos / 10000^(2i/d)), PE(pos, 2i + 1) = cos(pos / 10000^(2i/d)). If d is odd, the last column is a sine.
/// </summary>
internal static class SinusoidalPositions
{
    private const double Base = 10_000;

    /// <summary>y_t = x_t + PE(first + t), (T, d).</summary>
    public static Tensor Forward(Pass pass, Tensor x, int first)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        for (int t = 0; t < x.Rows; t++)
        {
            Forward(x.Row(t), first + t, y.Row(t));
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, x, y);
        }
        return y;
    }

    /// <summary>One row, (d). The angle is in double: at a high position a float would lose it.</summary>
    public static void Forward(ReadOnlySpan<float> x, int position, Span<float> y)
    {
        double turn = Math.Pow(Base, -2.0 / x.Length), frequency = 1;
        for (int i = 0; i < x.Length; i += 2, frequency *= turn)
        {
            (double sin, double cos) = Math.SinCos(position * frequency);
            y[i] = x[i] + (float)sin;
            if (i + 1 < x.Length)
            {
                y[i + 1] = x[i + 1] + (float)cos;
            }
        }
    }

    /// <summary>The backward pass: positions are not learned, so δx += δy.</summary>
    public static void Gradient(ReadOnlySpan<float> δy, Span<float> δx) => TensorPrimitives.Add(δx, δy, δx);

    /// <summary>The naive twin of one row, as the paper writes it.</summary>
    public static void Naive<N>(ReadOnlySpan<N> x, int position, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        for (int i = 0; i < x.Length; i++)
        {
            N angle = N.CreateChecked(position) / N.Pow(N.CreateChecked(Base), N.CreateChecked(i / 2 * 2) / N.CreateChecked(x.Length));
            y[i] = x[i] + (i % 2 == 0 ? N.Sin(angle) : N.Cos(angle));
        }
    }

    private static void Push(Tape tape, Tensor x, Tensor y) => tape.Record(() => Gradient(y.Gradient, x.Gradient));
}
