using System.Numerics;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>Rectified linear unit (Nair and Hinton 2010, https://www.cs.toronto.edu/~hinton/absps/reluICML.pdf): y = max(0, x).</summary>
internal static class Relu
{
    /// <summary>y = max(0, x), (T, f).</summary>
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

    /// <summary>One row or many.</summary>
    public static void Forward(ReadOnlySpan<float> x, Span<float> y) => TensorPrimitives.Max(x, 0f, y);

    /// <summary>The backward pass: δx += δy where x &gt; 0. At 0 the slope is taken to be 0, as in PyTorch.</summary>
    public static void Gradient(ReadOnlySpan<float> x, ReadOnlySpan<float> δy, Span<float> δx)
    {
        for (int i = 0; i < x.Length; i++)
        {
            δx[i] += x[i] > 0 ? δy[i] : 0;
        }
    }

    /// <summary>The naive twin of one row.</summary>
    public static void Naive<N>(ReadOnlySpan<N> x, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = x[i] > N.Zero ? x[i] : N.Zero;
        }
    }

    private static void Push(Tape tape, Tensor x, Tensor y) => tape.Record(() => Gradient(x.Values, y.Gradient, x.Gradient));
}
