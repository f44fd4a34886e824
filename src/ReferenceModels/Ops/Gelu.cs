using System.Numerics.Tensors;
using System.Numerics;
using Engine;

namespace ReferenceModels.Ops;

/// <summary>
/// Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415, section 2):
/// y = ½x·(1 + tanh u) = x·σ(2u), u = √(2/π)·(x + 0.044715·x³).
/// </summary>
/// <remarks>In ggml arithmetic it is read from <see cref="GeluTable"/>; the gradient always uses the formula.</remarks>
internal static class Gelu
{
    // Elements of the backward pass that are processed together, in the first-level cache.
    private const int Chunk = 256;

    // 2·√(2/π), and 0.044715 times that.
    private const float Linear = 1.5957691216057308f;
    private const float Cubic = 0.07135481282052085f;

    /// <summary>y = GELU(x), (T, f).</summary>
    public static Tensor Forward(Pass pass, Tensor x)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        if (x.Rows == 1)
        {
            Forward(pass.Arithmetic, x.Values, y.Values);
        }
        else
        {
            ForwardRows(pass, x, y);
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, x, y);
        }
        return y;
    }

    /// <summary>One row, (f), in either arithmetic.</summary>
    public static void Forward(Arithmetic arithmetic, ReadOnlySpan<float> x, Span<float> y)
    {
        if (arithmetic == Arithmetic.Ggml)
        {
            GeluTable.Forward(GgmlBuild.Current, x, y);
        }
        else
        {
            Forward(x, y);
        }
    }

    /// <summary>One row, (f), by the formula; <paramref name="y"/> must not overlap <paramref name="x"/>.</summary>
    public static void Forward(ReadOnlySpan<float> x, Span<float> y)
    {
        // 2u = (Cubic·x² + Linear)·x; σ keeps the precision that 1 + tanh u loses for negative x.
        TensorPrimitives.Multiply(x, x, y);
        TensorPrimitives.Multiply(y, Cubic, y);
        TensorPrimitives.Add(y, Linear, y);
        TensorPrimitives.Multiply(y, x, y);
        Exponentials.Sigmoid(y, y);
        TensorPrimitives.Multiply(y, x, y);
    }

    /// <summary>dy/dx = σ(2u) + x·σ(2u)·(1 − σ(2u))·d(2u)/dx.</summary>
    public static float Derivative(float x)
    {
        float σ = 1 / (1 + MathF.Exp(-x * (Linear + Cubic * x * x)));
        return σ + x * σ * (1 - σ) * (Linear + 3 * Cubic * x * x);
    }

    /// <summary>One row of the backward pass: δx += δy·dy/dx.</summary>
    public static void Gradient(ReadOnlySpan<float> x, ReadOnlySpan<float> δy, Span<float> δx)
    {
        Span<float> a = stackalloc float[Chunk], b = stackalloc float[Chunk];
        for (int i = 0; i < x.Length; i += Chunk)
        {
            ReadOnlySpan<float> x_i = x.Slice(i, Math.Min(Chunk, x.Length - i));
            Span<float> σ = a[..x_i.Length], du = b[..x_i.Length], δx_i = δx.Slice(i, x_i.Length);
            Forward(x_i, du);                                   // x·σ(2u)
            TensorPrimitives.Multiply(x_i, x_i, σ);
            TensorPrimitives.Multiply(σ, Cubic, σ);
            TensorPrimitives.Add(σ, Linear, σ);
            TensorPrimitives.Multiply(σ, x_i, σ);
            Exponentials.Sigmoid(σ, σ);
            // σ + x·σ·(1 − σ)·(Linear + 3·Cubic·x²)
            for (int k = 0; k < x_i.Length; k++)
            {
                du[k] = σ[k] + du[k] * (1 - σ[k]) * (Linear + 3 * Cubic * x_i[k] * x_i[k]);
            }
            TensorPrimitives.MultiplyAdd(δy.Slice(i, x_i.Length), du, δx_i, δx_i);
        }
    }

    /// <summary>The naive twin of one row, as the paper writes it.</summary>
    public static void Naive<N>(ReadOnlySpan<N> x, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        for (int i = 0; i < x.Length; i++)
        {
            N u = N.Sqrt(N.CreateChecked(2) / N.Pi) * (x[i] + N.CreateChecked(0.044715) * x[i] * x[i] * x[i]);
            y[i] = x[i] / N.CreateChecked(2) * (N.One + N.Tanh(u));
        }
    }

    // Separate methods, so that plain inference of one token never allocates a closure.
    private static void ForwardRows(Pass pass, Tensor x, Tensor y) =>
        pass.Workers.For(x.Rows, t => Forward(pass.Arithmetic, x.Row(t), y.Row(t)));

    private static void Push(Tape tape, Tensor x, Tensor y) => tape.Record(() => Gradient(x.Values, y.Gradient, x.Gradient));
}
