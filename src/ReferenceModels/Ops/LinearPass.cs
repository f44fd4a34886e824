using Engine.Gguf;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    // From this many tokens on, a pass with a tape multiplies in panels: if the rows of W are short, as in small models,
    // that is faster than plain inference's sums along rows.
    private const int PanelRows = 16;

    // Tokens between two checks for cancellation: an encoder processes a whole text at once.
    private const int BlockRows = 512;

    /// <summary>y = x Wᵀ + b as a step of a pass.</summary>
    /// <param name="pass">Memory, threads and tape.</param>
    /// <param name="W">(out, in), frozen or trainable.</param>
    /// <param name="b">(out), or null.</param>
    /// <param name="x">(T, in).</param>
    /// <returns>(T, out).</returns>
    /// <remarks>Includes what low-rank adapters add (<see cref="LowRankProduct"/>).</remarks>
    public static Tensor Forward(Pass pass, Weight W, Weight? b, Tensor x) =>
        W.Adapters.Count == 0 ? Product(pass, W, b, x) : LowRankProduct.Forward(pass, W, b, x);

    /// <summary>The same without the adapters.</summary>
    internal static Tensor Product(Pass pass, Weight W, Weight? b, Tensor x)
    {
        Tensor y = pass.New(x.Rows, W.Rows);
        if (pass.Tape is not null && W.Type == GgmlType.F32 && x.Rows >= PanelRows)
        {
            ForwardPanels(W, x.Values, y.Values, pass.Workers);
        }
        else
        {
            for (int t = 0; t < x.Rows; t += BlockRows)
            {
                pass.Cancellation.ThrowIfCancellationRequested();
                int rows = Math.Min(BlockRows, x.Rows - t);
                Forward(pass.Arithmetic, W, x.Slice(t, rows).Values, y.Slice(t, rows).Values, pass.Workers);
            }
        }
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

    private static void ForwardPanels(Weight W, ReadOnlySpan<float> x, Span<float> y, Workers workers)
    {
        fixed (float* px = x, py = y)
        {
            PanelProduct.Multiply(
                new Strided(px, W.Columns), new Strided((float*)W.Data, W.Columns).Transposed, py, W.Rows, x.Length / W.Columns, W.Rows, W.Columns, add: false, workers);
        }
    }

    // The input gets its gradient through a frozen weight too, as LoRA needs; a weight gets one only if it is trained.
    private static void Push(Tape tape, Workers workers, Weight W, Weight? b, Tensor x, Tensor y) => tape.Record(() =>
    {
        BackwardInput(W, y.Gradient, x.Gradient, workers);
        if (tape.Gradient(W) is { } dW)
        {
            BackwardWeight(W, y.Gradient, x.Values, dW, workers);
        }
        if (tape.Gradient(b) is { } db)
        {
            BackwardBias(y.Gradient, db);
        }
    });
}
