using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>y = x + b in each row.</summary>
internal static class Bias
{
    /// <summary>x (T, d), b (d), y (T, d).</summary>
    public static Tensor Forward(Pass pass, Tensor x, Weight b)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        x.Values.CopyTo(y.Values);
        Linear.AddBias(b, y.Values);
        if (pass.Tape is { } tape)
        {
            Push(tape, x, b, y);
        }
        return y;
    }

    private static void Push(Tape tape, Tensor x, Weight b, Tensor y) => tape.Record(() =>
    {
        System.Numerics.Tensors.TensorPrimitives.Add(x.Gradient, y.Gradient, x.Gradient);
        if (b.Gradient is not null)
        {
            Linear.BackwardBias(b, y.Gradient);
        }
    });
}
