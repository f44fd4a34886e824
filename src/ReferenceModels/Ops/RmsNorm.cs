using System.Numerics;
using System.Numerics.Tensors;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>
/// Root mean square normalization (Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467, equation 4), row by row:
/// <c>y = x / RMS(x) ⊙ g + b</c>, <c>RMS(x) = √(mean(x²) + ε)</c>. The bias b is optional.
/// </summary>
internal static class RmsNorm
{
    // Elements of the backward pass that are processed together, in the first-level cache.
    private const int Chunk = 256;

    /// <summary>Normalizes each row of x (T, d).</summary>
    /// <param name="pass">Memory and tape.</param>
    /// <param name="x">(T, d).</param>
    /// <param name="g">Gain (d); null for 1.</param>
    /// <param name="b">Bias (d), or null.</param>
    /// <param name="epsilon">ε.</param>
    public static Tensor Forward(Pass pass, Tensor x, Weight? g, Weight? b, float epsilon)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        for (int t = 0; t < x.Rows; t++)
        {
            Forward(x.Row(t), Values(g), Values(b), epsilon, y.Row(t));
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, x, g, b, epsilon, y);
        }
        return y;
    }

    /// <summary>One row: x, y (d); an empty gain is 1, an empty bias 0.</summary>
    public static void Forward(ReadOnlySpan<float> x, ReadOnlySpan<float> g, ReadOnlySpan<float> b, float epsilon, Span<float> y)
    {
        float r = InverseRms(x, epsilon);
        // (x·r)·g, not x·(r·g): the order in which ggml rounds.
        TensorPrimitives.Multiply(x, r, y);
        if (!g.IsEmpty)
        {
            TensorPrimitives.Multiply(y, g, y);
        }
        if (!b.IsEmpty)
        {
            TensorPrimitives.Add(y, b, y);
        }
    }

    /// <summary>
    /// One row of the backward pass. With r = 1/RMS(x) and x̂ = x·r: ∂b += δy, ∂g += δy ⊙ x̂, and
    /// δx += r·(δy ⊙ g − x̂·mean(δy ⊙ g ⊙ x̂)).
    /// </summary>
    /// <param name="x">The input of the forward pass, (d).</param>
    /// <param name="g">Gain (d), or empty.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="δy">Gradient of the output, (d).</param>
    /// <param name="δx">Gradient of the input, (d), accumulated.</param>
    /// <param name="δg">Gradient of the gain, (d), accumulated; empty if the gain is frozen.</param>
    /// <param name="δb">Gradient of the bias, (d), accumulated; empty if no bias is trained.</param>
    public static void Gradient(
        ReadOnlySpan<float> x, ReadOnlySpan<float> g, float epsilon, ReadOnlySpan<float> δy, Span<float> δx, Span<float> δg, Span<float> δb)
    {
        float r = InverseRms(x, epsilon);
        double projection = 0;
        Span<float> chunk = stackalloc float[Chunk];
        for (int i = 0; i < x.Length; i += Chunk)
        {
            Span<float> c = chunk[..Math.Min(Chunk, x.Length - i)];
            TensorPrimitives.Multiply(δy.Slice(i, c.Length), x.Slice(i, c.Length), c);      // δy ⊙ x
            if (!δg.IsEmpty)
            {
                TensorPrimitives.MultiplyAdd(c, r, δg.Slice(i, c.Length), δg.Slice(i, c.Length));
            }
            projection += g.IsEmpty ? TensorPrimitives.Sum<float>(c) : TensorPrimitives.Dot(c, g.Slice(i, c.Length));
        }
        float along = -r * r * r * (float)(projection / x.Length);
        for (int i = 0; i < x.Length; i += Chunk)
        {
            Span<float> c = chunk[..Math.Min(Chunk, x.Length - i)], δx_i = δx.Slice(i, c.Length);
            TensorPrimitives.Multiply(δy.Slice(i, c.Length), r, c);
            if (!g.IsEmpty)
            {
                TensorPrimitives.Multiply(c, g.Slice(i, c.Length), c);
            }
            TensorPrimitives.MultiplyAdd(x.Slice(i, c.Length), along, c, c);
            TensorPrimitives.Add(δx_i, c, δx_i);
        }
        if (!δb.IsEmpty)
        {
            TensorPrimitives.Add(δb, δy, δb);
        }
    }

    /// <summary>The naive twin of one row, kept to judge the fast one.</summary>
    public static void Naive<N>(ReadOnlySpan<N> x, ReadOnlySpan<N> g, ReadOnlySpan<N> b, N epsilon, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        N squares = N.Zero;
        for (int i = 0; i < x.Length; i++)
        {
            squares += x[i] * x[i];
        }
        N rms = N.Sqrt(squares / N.CreateChecked(x.Length) + epsilon);
        for (int i = 0; i < x.Length; i++)
        {
            N gain = g.IsEmpty ? N.One : g[i];
            N bias = b.IsEmpty ? N.Zero : b[i];
            y[i] = x[i] / rms * gain + bias;
        }
    }

    /// <summary>The naive twin of <see cref="Gradient"/>, every sum written out.</summary>
    public static void NaiveGradient<N>(
        ReadOnlySpan<N> x, ReadOnlySpan<N> g, N epsilon, ReadOnlySpan<N> δy, Span<N> δx, Span<N> δg, Span<N> δb)
        where N : IBinaryFloatingPointIeee754<N>
    {
        N d = N.CreateChecked(x.Length);
        N squares = N.Zero;
        for (int i = 0; i < x.Length; i++)
        {
            squares += x[i] * x[i];
        }
        N rms = N.Sqrt(squares / d + epsilon);
        for (int i = 0; i < x.Length; i++)
        {
            N gain_i = g.IsEmpty ? N.One : g[i];
            for (int j = 0; j < x.Length; j++)
            {
                // ∂y_i/∂x_j = g_i·(1[i = j]/RMS − x_i·x_j/(d·RMS³))
                N straight = i == j ? N.One / rms : N.Zero;
                δx[j] += δy[i] * gain_i * (straight - x[i] * x[j] / (d * rms * rms * rms));
            }
            if (!δg.IsEmpty)
            {
                δg[i] += δy[i] * x[i] / rms;
            }
            if (!δb.IsEmpty)
            {
                δb[i] += δy[i];
            }
        }
    }

    // A separate method, so that plain inference never allocates the closure.
    private static void Push(Tape tape, Tensor x, Weight? g, Weight? b, float epsilon, Tensor y) => tape.Record(() =>
    {
        float[]? δg = tape.Gradient(g), δb = tape.Gradient(b);
        for (int t = 0; t < x.Rows; t++)
        {
            Gradient(x.Row(t), Values(g), epsilon, y.Slice(t, 1).Gradient, x.Slice(t, 1).Gradient, δg, δb);
        }
    });

    private static ReadOnlySpan<float> Values(Weight? w) => w is null ? [] : w.AsVector();

    // The sum of squares in double, as ggml does: with d in the thousands, float would lose the low bits.
    private static float InverseRms(ReadOnlySpan<float> x, float epsilon)
    {
        double squares = 0;
        for (int i = 0; i < x.Length; i += 64)
        {
            squares += TensorPrimitives.SumOfSquares(x.Slice(i, Math.Min(64, x.Length - i)));
        }
        return 1f / MathF.Sqrt((float)(squares / x.Length) + epsilon);
    }
}
