using System.Numerics;
using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>
/// Gated linear unit with SiLU (Shazeer 2020, https://arxiv.org/abs/2002.05202, equation 6): y = SiLU(g) ⊙ u,
/// SiLU(g) = g·σ(g), σ(g) = 1/(1 + e^−g).
/// </summary>
internal static class SwiGlu
{
    // Elements of the backward pass that are processed together, in the first-level cache.
    private const int Chunk = 256;

    /// <summary>y = SiLU(g) ⊙ u.</summary>
    /// <param name="pass">Memory and tape.</param>
    /// <param name="g">The gate, (T, f).</param>
    /// <param name="u">The values that are gated, (T, f).</param>
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
        Exponentials.Sigmoid(g, y);
        TensorPrimitives.Multiply(y, g, y);
        TensorPrimitives.Multiply(y, u, y);
    }

    /// <summary>One row of the backward pass: δu += δy·SiLU(g), δg += δy·u·σ(g)·(1 + g·(1 − σ(g))).</summary>
    public static void Gradient(ReadOnlySpan<float> g, ReadOnlySpan<float> u, ReadOnlySpan<float> δy, Span<float> δg, Span<float> δu)
    {
        Span<float> a = stackalloc float[Chunk], b = stackalloc float[Chunk], c = stackalloc float[Chunk];
        for (int i = 0; i < g.Length; i += Chunk)
        {
            int n = Math.Min(Chunk, g.Length - i);
            Span<float> σ = a[..n], silu = b[..n], product = c[..n], δg_i = δg.Slice(i, n), δu_i = δu.Slice(i, n);
            Exponentials.Sigmoid(g.Slice(i, n), σ);
            TensorPrimitives.Multiply(g.Slice(i, n), σ, silu);
            TensorPrimitives.MultiplyAdd(δy.Slice(i, n), silu, δu_i, δu_i);
            // SiLU′ = σ + SiLU − σ·SiLU
            TensorPrimitives.Multiply(σ, silu, product);
            TensorPrimitives.Subtract(silu, product, silu);
            TensorPrimitives.Add(silu, σ, silu);
            TensorPrimitives.Multiply(silu, u.Slice(i, n), silu);
            TensorPrimitives.MultiplyAdd(δy.Slice(i, n), silu, δg_i, δg_i);
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

    // Separate methods, so that plain inference of one token never allocates a closure.
    private static void ForwardRows(Workers workers, Tensor g, Tensor u, Tensor y) =>
        workers.For(g.Rows, t => Forward(g.Row(t), u.Row(t), y.Row(t)));

    private static void Push(Tape tape, Tensor g, Tensor u, Tensor y) =>
        tape.Record(() => Gradient(g.Values, u.Values, y.Gradient, g.Gradient, u.Gradient));
}
