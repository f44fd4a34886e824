using System.Numerics;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>Softmax: pᵢ = e^(xᵢ − max x) / Σ e^(xⱼ − max x). Subtracting the maximum prevents overflow.</summary>
internal static class Softmax
{
    /// <summary>One row in place.</summary>
    public static void Forward(Span<float> x)
    {
        TensorPrimitives.Subtract(x, TensorPrimitives.Max<float>(x), x);
        Exponentials.Exp(x, x);
        TensorPrimitives.Multiply(x, 1 / TensorPrimitives.Sum<float>(x), x);
    }

    /// <summary>Each row of x (T, n) separately.</summary>
    public static Tensor Rows(Pass pass, Tensor x)
    {
        Tensor p = pass.New(x.Rows, x.Columns);
        x.Values.CopyTo(p.Values);
        for (int t = 0; t < p.Rows; t++)
        {
            Forward(p.Row(t));
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, x, p);
        }
        return p;
    }

    /// <summary>One row of the backward pass: δxᵢ += pᵢ·(δpᵢ − Σ δpⱼ·pⱼ).</summary>
    public static void Gradient(ReadOnlySpan<float> p, ReadOnlySpan<float> δp, Span<float> δx)
    {
        float dot = TensorPrimitives.Dot(p, δp);
        // δx + p·δp − p·dot, in two passes over the vectors.
        TensorPrimitives.MultiplyAdd(p, δp, δx, δx);
        TensorPrimitives.MultiplyAdd(p, -dot, δx, δx);
    }

    /// <summary>The naive twin.</summary>
    public static void Naive<N>(Span<N> x)
        where N : IBinaryFloatingPointIeee754<N>
    {
        N max = x[0];
        foreach (N value in x)
        {
            max = N.Max(max, value);
        }
        N sum = N.Zero;
        foreach (ref N value in x)
        {
            value = N.Exp(value - max);
            sum += value;
        }
        foreach (ref N value in x)
        {
            value /= sum;
        }
    }

    private static void Push(Tape tape, Tensor x, Tensor p) => tape.Record(() =>
    {
        for (int t = 0; t < x.Rows; t++)
        {
            Gradient(p.Row(t), p.Slice(t, 1).Gradient, x.Slice(t, 1).Gradient);
        }
    });
}
