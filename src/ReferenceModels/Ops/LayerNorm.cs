using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>
/// Layer normalization (Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450, equations 3 and 4), row by row:
/// <c>y = (x − μ) / σ ⊙ g + b</c>, <c>μ = mean(x)</c>, <c>σ = √(mean((x − μ)²) + ε)</c>.
/// </summary>
internal static class LayerNorm
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
        float r = Center(x, epsilon, y);
        // ((x − μ)·r)·g + b: the order in which ggml rounds.
        TensorPrimitives.Multiply(y, r, y);
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
    /// One row of the backward pass. With r = 1/σ and x̂ = (x − μ)·r: ∂b += δy, ∂g += δy ⊙ x̂, and
    /// δx += r·(δy ⊙ g − mean(δy ⊙ g) − x̂·mean(δy ⊙ g ⊙ x̂)).
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
        var x̂ = new float[x.Length];
        float r = Center(x, epsilon, x̂);
        TensorPrimitives.Multiply(x̂, r, x̂);
        double sum = 0, projection = 0;
        Span<float> chunk = stackalloc float[Chunk];
        for (int i = 0; i < x.Length; i += Chunk)
        {
            Span<float> δ = Gained(δy, g, i, chunk);
            sum += TensorPrimitives.Sum<float>(δ);
            projection += TensorPrimitives.Dot<float>(δ, x̂.AsSpan(i, δ.Length));
        }
        (float mean, float along) = ((float)(sum / x.Length), (float)(projection / x.Length));
        for (int i = 0; i < x.Length; i += Chunk)
        {
            Span<float> δ = Gained(δy, g, i, chunk), δx_i = δx.Slice(i, δ.Length);
            TensorPrimitives.Subtract(δ, mean, δ);
            TensorPrimitives.MultiplyAdd(x̂.AsSpan(i, δ.Length), -along, δ, δ);
            TensorPrimitives.MultiplyAdd(δ, r, δx_i, δx_i);
        }
        if (!δg.IsEmpty)
        {
            TensorPrimitives.MultiplyAdd(δy, x̂, δg, δg);
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
        (N mean, N σ) = Moments(x, epsilon);
        for (int i = 0; i < x.Length; i++)
        {
            N gain = g.IsEmpty ? N.One : g[i];
            N bias = b.IsEmpty ? N.Zero : b[i];
            y[i] = (x[i] - mean) / σ * gain + bias;
        }
    }

    /// <summary>The naive twin of <see cref="Gradient"/>, every sum written out.</summary>
    public static void NaiveGradient<N>(
        ReadOnlySpan<N> x, ReadOnlySpan<N> g, N epsilon, ReadOnlySpan<N> δy, Span<N> δx, Span<N> δg, Span<N> δb)
        where N : IBinaryFloatingPointIeee754<N>
    {
        N d = N.CreateChecked(x.Length);
        (N mean, N σ) = Moments(x, epsilon);
        for (int i = 0; i < x.Length; i++)
        {
            N gain_i = g.IsEmpty ? N.One : g[i];
            for (int j = 0; j < x.Length; j++)
            {
                // ∂y_i/∂x_j = g_i·((1[i = j] − 1/d)/σ − (x_i − μ)·(x_j − μ)/(d·σ³))
                N straight = (i == j ? N.One : N.Zero) - N.One / d;
                δx[j] += δy[i] * gain_i * (straight / σ - (x[i] - mean) * (x[j] - mean) / (d * σ * σ * σ));
            }
            if (!δg.IsEmpty)
            {
                δg[i] += δy[i] * (x[i] - mean) / σ;
            }
            if (!δb.IsEmpty)
            {
                δb[i] += δy[i];
            }
        }
    }

    // δy ⊙ g from element i on, a chunk of it.
    private static Span<float> Gained(ReadOnlySpan<float> δy, ReadOnlySpan<float> g, int i, Span<float> chunk)
    {
        Span<float> c = chunk[..Math.Min(Chunk, δy.Length - i)];
        δy.Slice(i, c.Length).CopyTo(c);
        if (!g.IsEmpty)
        {
            TensorPrimitives.Multiply(c, g.Slice(i, c.Length), c);
        }
        return c;
    }

    private static (N Mean, N σ) Moments<N>(ReadOnlySpan<N> x, N epsilon)
        where N : IBinaryFloatingPointIeee754<N>
    {
        (N d, N sum, N squares) = (N.CreateChecked(x.Length), N.Zero, N.Zero);
        foreach (N x_i in x)
        {
            sum += x_i;
        }
        N mean = sum / d;
        foreach (N x_i in x)
        {
            squares += (x_i - mean) * (x_i - mean);
        }
        return (mean, N.Sqrt(squares / d + epsilon));
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

    // y = x − μ; returns 1/σ. Sums are in double, of squares added in float eight at a time, as in ggml.
    private static float Center(ReadOnlySpan<float> x, float epsilon, Span<float> y)
    {
        TensorPrimitives.Subtract(x, (float)Sum(x) / x.Length, y);
        ReadOnlySpan<Vector256<float>> eights = MemoryMarshal.Cast<float, Vector256<float>>(y);
        double squares = 0;
        foreach (Vector256<float> v in eights)
        {
            Vector256<float> s = v * v;
            Vector128<float> s4 = s.GetUpper() + s.GetLower();
            squares += (s4[0] + s4[2]) + (s4[1] + s4[3]);
        }
        for (int i = eights.Length * Vector256<float>.Count; i < y.Length; i++)
        {
            squares += y[i] * y[i];
        }
        return 1 / MathF.Sqrt((float)(squares / x.Length) + epsilon);
    }

    private static double Sum(ReadOnlySpan<float> x)
    {
        ReadOnlySpan<Vector256<float>> eights = MemoryMarshal.Cast<float, Vector256<float>>(x);
        Vector256<double> low = default, high = default;
        foreach (Vector256<float> v in eights)
        {
            (Vector256<double> l, Vector256<double> h) = Vector256.Widen(v);
            (low, high) = (low + l, high + h);
        }
        double sum = Vector256.Sum(low + high);
        foreach (float x_i in x[(eights.Length * Vector256<float>.Count)..])
        {
            sum += x_i;
        }
        return sum;
    }
}
