using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>Reduces the rows of all tokens to those that a head uses.</summary>
internal static class TokenRows
{
    /// <summary>y (positions, d) = the rows of x (T, d) at some positions.</summary>
    public static Tensor Take(Pass pass, Tensor x, ReadOnlySpan<int> positions)
    {
        Tensor y = pass.New(positions.Length, x.Columns);
        for (int i = 0; i < positions.Length; i++)
        {
            x.Row(positions[i]).CopyTo(y.Row(i));
        }
        if (pass.Tape is { } tape)
        {
            PushTake(tape, x, positions.ToArray(), y);
        }
        return y;
    }

    /// <summary>y (1, d) = the mean of the rows of x (T, d).</summary>
    public static Tensor Mean(Pass pass, Tensor x)
    {
        Tensor y = pass.New(1, x.Columns);
        y.Values.Clear();
        for (int t = 0; t < x.Rows; t++)
        {
            TensorPrimitives.Add(y.Values, x.Row(t), y.Values);
        }
        TensorPrimitives.Divide(y.Values, x.Rows, y.Values);
        if (pass.Tape is { } tape)
        {
            PushMean(tape, x, y);
        }
        return y;
    }

    private static void PushTake(Tape tape, Tensor x, int[] positions, Tensor y) => tape.Record(() =>
    {
        for (int i = 0; i < positions.Length; i++)
        {
            Span<float> δx = x.Slice(positions[i], 1).Gradient;
            TensorPrimitives.Add(δx, y.Slice(i, 1).Gradient, δx);
        }
    });

    private static void PushMean(Tape tape, Tensor x, Tensor y) => tape.Record(() =>
    {
        for (int t = 0; t < x.Rows; t++)
        {
            Span<float> δx = x.Slice(t, 1).Gradient;
            TensorPrimitives.MultiplyAdd(y.Gradient, 1f / x.Rows, δx, δx);
        }
    });
}
