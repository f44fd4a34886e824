using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>y = tanh x.</summary>
internal static class Tanh
{
    /// <summary>x, y (T, d).</summary>
    public static Tensor Forward(Pass pass, Tensor x)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        TensorPrimitives.Tanh(x.Values, y.Values);
        if (pass.Tape is { } tape)
        {
            Push(tape, x, y);
        }
        return y;
    }

    // δx += δy·(1 − y²)
    private static void Push(Tape tape, Tensor x, Tensor y) => tape.Record(() =>
    {
        Span<float> δx = x.Gradient;
        for (int i = 0; i < δx.Length; i++)
        {
            δx[i] += y.Gradient[i] * (1 - y.Values[i] * y.Values[i]);
        }
    });
}
