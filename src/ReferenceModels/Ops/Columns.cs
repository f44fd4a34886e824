using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>Copies some columns of every row, such as the queries, keys or values out of one product that holds all three.</summary>
internal static class Columns
{
    /// <summary>y (T, count) = columns first … first + count − 1 of x (T, d).</summary>
    public static Tensor Take(Pass pass, Tensor x, int first, int count)
    {
        Tensor y = pass.New(x.Rows, count);
        for (int t = 0; t < x.Rows; t++)
        {
            x.Row(t).Slice(first, count).CopyTo(y.Row(t));
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, x, first, y);
        }
        return y;
    }

    private static void Push(Tape tape, Tensor x, int first, Tensor y) => tape.Record(() =>
    {
        for (int t = 0; t < x.Rows; t++)
        {
            Span<float> δx = x.Slice(t, 1).Gradient.Slice(first, y.Columns);
            TensorPrimitives.Add(δx, y.Slice(t, 1).Gradient, δx);
        }
    });
}
