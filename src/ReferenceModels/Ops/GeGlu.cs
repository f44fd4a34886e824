using System.Numerics.Tensors;
using System.Numerics;
using Engine;

namespace ReferenceModels.Ops;

/// <summary>Gated linear unit with GELU (Shazeer 2020, https://arxiv.org/abs/2002.05202, equation 6): y = GELU(g) ⊙ u.</summary>
internal static class GeGlu
{
    /// <summary>y = GELU(g) ⊙ u.</summary>
    /// <param name="pass">Memory, arithmetic and tape.</param>
    /// <param name="g">The gate, (T, f).</param>
    /// <param name="u">The values that are gated, (T, f).</param>
    public static Tensor Forward(Pass pass, Tensor g, Tensor u)
    {
        Tensor y = pass.New(g.Rows, g.Columns);
        if (g.Rows == 1)
        {
            Forward(pass.Arithmetic, g.Values, u.Values, y.Values);
        }
        else
        {
            ForwardRows(pass, g, u, y);
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, g, u, y);
        }
        return y;
    }

    /// <summary>One row, (f); <paramref name="y"/> must not overlap the inputs.</summary>
    public static void Forward(Arithmetic arithmetic, ReadOnlySpan<float> g, ReadOnlySpan<float> u, Span<float> y)
    {
        Gelu.Forward(arithmetic, g, y);
        TensorPrimitives.Multiply(y, u, y);
    }

    /// <summary>One row of the backward pass: δu += δy·GELU(g), δg += δy·u·GELU′(g).</summary>
    public static void Gradient(ReadOnlySpan<float> g, ReadOnlySpan<float> u, ReadOnlySpan<float> δy, Span<float> δg, Span<float> δu)
    {
        var activated = new float[g.Length];
        Gelu.Forward(g, activated);
        for (int i = 0; i < g.Length; i++)
        {
            δu[i] += δy[i] * activated[i];
            δg[i] += δy[i] * u[i] * Gelu.Derivative(g[i]);
        }
    }

    /// <summary>The naive twin of one row.</summary>
    public static void Naive<N>(ReadOnlySpan<N> g, ReadOnlySpan<N> u, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        Gelu.Naive(g, y);
        for (int i = 0; i < g.Length; i++)
        {
            y[i] *= u[i];
        }
    }

    // Separate methods, so that plain inference of one token never allocates a closure.
    private static void ForwardRows(Pass pass, Tensor g, Tensor u, Tensor y) =>
        pass.Workers.For(g.Rows, t => Forward(pass.Arithmetic, g.Row(t), u.Row(t), y.Row(t)));

    private static void Push(Tape tape, Tensor g, Tensor u, Tensor y) =>
        tape.Record(() => Gradient(g.Values, u.Values, y.Gradient, g.Gradient, u.Gradient));
}
