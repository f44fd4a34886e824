using System.Numerics;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>
/// Gated linear unit with SiLU (Shazeer 2020, https://arxiv.org/abs/2002.05202, equation 6): y = SiLU(g) ⊙ u,
/// SiLU(g) = g·σ(g), σ(g) = 1/(1 + e^−g).
/// </summary>
internal static class SwiGlu
{
    /// <summary>y = SiLU(g) ⊙ u.</summary>
    /// <param name="pass">Memory and tape.</param>
    /// <param name="g">The gate, (T, f).</param>
    /// <param name="u">What is gated, (T, f).</param>
    public static Tensor Forward(Pass pass, Tensor g, Tensor u)
    {
        Tensor y = pass.New(g.Rows, g.Columns);
        if (g.Rows == 1)
        {
            Forward(g.Values, u.Values, y.Values);
        }
        else
        {
            ForwardRows(pass.Workers, g, u, y);
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, g, u, y);
        }
        return y;
    }

    /// <summary>One row, (f).</summary>
    public static void Forward(ReadOnlySpan<float> g, ReadOnlySpan<float> u, Span<float> y)
    {
        TensorPrimitives.Sigmoid(g, y);
        TensorPrimitives.Multiply(y, g, y);
        TensorPrimitives.Multiply(y, u, y);
    }

    /// <summary>One row of the way back: δu += δy·SiLU(g), δg += δy·u·σ(g)·(1 + g·(1 − σ(g))).</summary>
    public static void Gradient(ReadOnlySpan<float> g, ReadOnlySpan<float> u, ReadOnlySpan<float> δy, Span<float> δg, Span<float> δu)
    {
        for (int i = 0; i < g.Length; i++)
        {
            float σ = 1 / (1 + MathF.Exp(-g[i]));
            δu[i] += δy[i] * g[i] * σ;
            δg[i] += δy[i] * u[i] * σ * (1 + g[i] * (1 - σ));
        }
    }

    /// <summary>The naive twin of one row.</summary>
    public static void Naive<N>(ReadOnlySpan<N> g, ReadOnlySpan<N> u, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        for (int i = 0; i < g.Length; i++)
        {
            y[i] = g[i] / (N.One + N.Exp(-g[i])) * u[i];
        }
    }

    // Methods of their own, so that plain inference of one token never makes a closure.
    private static void ForwardRows(Workers workers, Tensor g, Tensor u, Tensor y) =>
        workers.For(g.Rows, t => Forward(g.Row(t), u.Row(t), y.Row(t)));

    private static void Push(Tape tape, Tensor g, Tensor u, Tensor y) =>
        tape.Record(() => Gradient(g.Values, u.Values, y.Gradient, g.Gradient, u.Gradient));
}
