using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>The residual connection (He et al. 2015, https://arxiv.org/abs/1512.03385): y = x + f.</summary>
internal static class Residual
{
    /// <summary>y = x + f, all (T, d).</summary>
    public static Tensor Forward(Pass pass, Tensor x, Tensor f)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        TensorPrimitives.Add(x.Values, f.Values, y.Values);
        if (pass.Tape is { } tape)
        {
            Push(tape, x, f, y);
        }
        return y;
    }

    // The gradient passes unchanged to both inputs.
    private static void Push(Tape tape, Tensor x, Tensor f, Tensor y) => tape.Record(() =>
    {
        TensorPrimitives.Add(x.Gradient, y.Gradient, x.Gradient);
        TensorPrimitives.Add(f.Gradient, y.Gradient, f.Gradient);
    });
}
