using System.Numerics;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>y = a·x with a constant that is not learned, such as the √d_model of the Transformer's embeddings.</summary>
internal static class Scale
{
    /// <summary>x, y (T, d).</summary>
    public static Tensor Forward(Pass pass, Tensor x, float a)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        TensorPrimitives.Multiply(x.Values, a, y.Values);
        if (pass.Tape is { } tape)
        {
            Push(tape, x, a, y);
        }
        return y;
    }

    /// <summary>The backward pass: δx += a·δy.</summary>
    public static void Gradient(float a, ReadOnlySpan<float> δy, Span<float> δx) => TensorPrimitives.MultiplyAdd(δy, a, δx, δx);

    /// <summary>The naive twin.</summary>
    public static void Naive<N>(ReadOnlySpan<N> x, N a, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = a * x[i];
        }
    }

    private static void Push(Tape tape, Tensor x, float a, Tensor y) => tape.Record(() => Gradient(a, y.Gradient, x.Gradient));
}
