using System.Numerics.Tensors;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>Rows of positions one after the other: y_t = P[first + t], P (positions, d).</summary>
internal static class LearnedPositions
{
    /// <summary>y (T, d).</summary>
    /// <param name="pass">Memory and tape.</param>
    /// <param name="P">(positions, d).</param>
    /// <param name="first">The first token's position.</param>
    /// <param name="T">Tokens; first + T is within the table.</param>
    public static Tensor Forward(Pass pass, Weight P, int first, int T)
    {
        Tensor y = pass.New(T, P.Columns);
        for (int t = 0; t < T; t++)
        {
            P.ReadRow(first + t, y.Row(t));
        }
        if (pass.Tape is { } tape && P.Gradient is not null)
        {
            Push(tape, P, first, y);
        }
        return y;
    }

    private static void Push(Tape tape, Weight P, int first, Tensor y) => tape.Record(() =>
    {
        Span<float> rows = tape.Gradient(P).AsSpan(first * P.Columns, y.Rows * P.Columns);
        TensorPrimitives.Add(rows, y.Gradient, rows);
    });
}
