using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    /// <summary>y = x Wᵀ + b as a step of a pass.</summary>
    /// <param name="pass">Memory, threads and tape.</param>
    /// <param name="W">(out, in), frozen or trainable.</param>
    /// <param name="b">(out), or null.</param>
    /// <param name="x">(T, in).</param>
    /// <returns>(T, out).</returns>
    public static Tensor Forward(Pass pass, Weight W, Weight? b, Tensor x)
    {
        Tensor y = pass.New(x.Rows, W.Rows);
        Forward(pass.Arithmetic, W, x.Values, y.Values, pass.Workers);
        if (b is not null)
        {
            AddBias(b, y.Values);
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, pass.Workers, W, b, x, y);
        }
        return y;
    }

    // The input gets its gradient through a frozen weight too (LoRA trains over such); a weight only where it learns.
    private static void Push(Tape tape, Workers workers, Weight W, Weight? b, Tensor x, Tensor y) => tape.Record(() =>
    {
        BackwardInput(W, y.Gradient, x.Gradient, workers);
        if (W.Gradient is not null)
        {
            BackwardWeight(W, y.Gradient, x.Values, workers);
        }
        if (b?.Gradient is not null)
        {
            BackwardBias(b, y.Gradient);
        }
    });
}
