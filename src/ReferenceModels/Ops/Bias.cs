using System.Numerics.Tensors;
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

    /// <summary>y = x + [b₁ b₂ b₃], the three concatenated: x (T, d₁ + d₂ + d₃), b_k (d_k).</summary>
    public static Tensor Forward(Pass pass, Tensor x, Weight b1, Weight b2, Weight b3)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        for (int t = 0; t < x.Rows; t++)
        {
            int first = 0;
            foreach (Weight b in (ReadOnlySpan<Weight>)[b1, b2, b3])
            {
                TensorPrimitives.Add(x.Row(t).Slice(first, b.Columns), b.AsVector(), y.Row(t)[first..]);
                first += b.Columns;
            }
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, x, [b1, b2, b3], y);
        }
        return y;
    }

    private static void Push(Tape tape, Tensor x, Weight[] biases, Tensor y) => tape.Record(() =>
    {
        TensorPrimitives.Add(x.Gradient, y.Gradient, x.Gradient);
        int first = 0;
        foreach (Weight b in biases)
        {
            float[]? δb = tape.Gradient(b);
            for (int t = 0; δb is not null && t < y.Rows; t++)
            {
                TensorPrimitives.Add(δb, y.Slice(t, 1).Gradient.Slice(first, b.Columns), δb);
            }
            first += b.Columns;
        }
    });

    private static void Push(Tape tape, Tensor x, Weight b, Tensor y) => tape.Record(() =>
    {
        TensorPrimitives.Add(x.Gradient, y.Gradient, x.Gradient);
        if (tape.Gradient(b) is { } δb)
        {
            Linear.BackwardBias(y.Gradient, δb);
        }
    });
}
