using System.Numerics.Tensors;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>Looks up the rows of tokens: x_t = E[token_t], E (V, d). Learned positions are rows of a separate table.</summary>
internal static class Embedding
{
    /// <summary>x (T, d) of T tokens, each within 0 … V − 1; includes what low-rank adapters add (<see cref="LowRankRows"/>).</summary>
    public static Tensor Forward(Pass pass, Weight E, ReadOnlySpan<int> tokens) =>
        E.Adapters.Count == 0 ? Rows(pass, E, tokens) : LowRankRows.Forward(pass, E, tokens);

    /// <summary>The same without the adapters.</summary>
    internal static Tensor Rows(Pass pass, Weight E, ReadOnlySpan<int> tokens)
    {
        Tensor x = pass.New(tokens.Length, E.Columns);
        for (int t = 0; t < tokens.Length; t++)
        {
            E.ReadRow(tokens[t], x.Row(t));
        }
        if (pass.Tape is { } tape && E.Gradient is not null)
        {
            Push(tape, E, tokens.ToArray(), x);
        }
        return x;
    }

    // Each row's gradient is added to its token's; a token that occurs twice gets both.
    private static void Push(Tape tape, Weight E, int[] tokens, Tensor x) => tape.Record(() =>
    {
        float[]? δE = tape.Gradient(E);
        for (int t = 0; t < tokens.Length; t++)
        {
            Span<float> row = δE.AsSpan(tokens[t] * E.Columns, E.Columns);
            TensorPrimitives.Add(row, x.Slice(t, 1).Gradient, row);
        }
    });
}
