using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Ops;

/// <summary>
/// Rotary position embedding (Su et al. 2021, https://arxiv.org/abs/2104.09864, equation 34): at position m the pair
/// (x₂ᵢ, x₂ᵢ₊₁) of a head turns by the angle m·θᵢ, θᵢ = base^(−2i/d). Pairs are neighbours, ggml's type NORM.
/// </summary>
/// <remarks>The angles come from <see cref="RopeAngles"/>, once for all layers and heads.</remarks>
internal static class Rope
{
    /// <summary>Turns every head of every row of x (T, heads·d).</summary>
    /// <param name="pass">Memory and tape.</param>
    /// <param name="x">(T, heads·d).</param>
    /// <param name="turns">cos and sin per row, (T, d): cos m·θ₀, sin m·θ₀, cos m·θ₁, …</param>
    public static Tensor Forward(Pass pass, Tensor x, Tensor turns)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        for (int t = 0; t < x.Rows; t++)
        {
            Turn(x.Row(t), turns.Row(t), y.Row(t));
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, x, turns, y);
        }
        return y;
    }

    /// <summary>Turns the heads of one row.</summary>
    /// <param name="x">(heads·d).</param>
    /// <param name="turns">cos and sin alternating, (d).</param>
    /// <param name="y">(heads·d); may be x.</param>
    public static void Turn(ReadOnlySpan<float> x, ReadOnlySpan<float> turns, Span<float> y)
    {
        int d = turns.Length;
        for (int head = 0; head < x.Length; head += d)
        {
            ReadOnlySpan<float> x_h = x.Slice(head, d);
            Span<float> y_h = y.Slice(head, d);
            int i = 0;
            if (Vector256.IsHardwareAccelerated)
            {
                ref float source = ref MemoryMarshal.GetReference(x_h);
                ref float turn = ref MemoryMarshal.GetReference(turns);
                ref float target = ref MemoryMarshal.GetReference(y_h);
                for (; i <= d - Vector256<float>.Count; i += Vector256<float>.Count)
                {
                    Vector256<float> pair = Vector256.LoadUnsafe(ref source, (nuint)i);
                    Vector256<float> angle = Vector256.LoadUnsafe(ref turn, (nuint)i);
                    Vector256<float> cos = Vector256.Shuffle(angle, Vector256.Create(0, 0, 2, 2, 4, 4, 6, 6));
                    Vector256<float> sin = Vector256.Shuffle(angle, Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7));
                    Vector256<float> swapped = Vector256.Shuffle(pair, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));
                    // (x₀·cos − x₁·sin, x₁·cos + x₀·sin)
                    (pair * cos + swapped * sin * Vector256.Create(-1f, 1, -1, 1, -1, 1, -1, 1)).StoreUnsafe(ref target, (nuint)i);
                }
            }
            for (; i < d; i += 2)
            {
                (float x0, float x1) = (x_h[i], x_h[i + 1]);
                (float cos, float sin) = (turns[i], turns[i + 1]);
                y_h[i] = x0 * cos - x1 * sin;
                y_h[i + 1] = x0 * sin + x1 * cos;
            }
        }
    }

    /// <summary>The way back of one row: turns δy the other way round and adds it to δx, both (heads·d).</summary>
    public static void Gradient(ReadOnlySpan<float> turns, ReadOnlySpan<float> δy, Span<float> δx)
    {
        int d = turns.Length;
        ref float turn = ref MemoryMarshal.GetReference(turns);
        for (int head = 0; head < δy.Length; head += d)
        {
            ref float source = ref MemoryMarshal.GetReference(δy.Slice(head, d));
            ref float target = ref MemoryMarshal.GetReference(δx.Slice(head, d));
            int i = 0;
            for (; i <= d - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256<float> pair = Vector256.LoadUnsafe(ref source, (nuint)i), angle = Vector256.LoadUnsafe(ref turn, (nuint)i);
                Vector256<float> cos = Vector256.Shuffle(angle, Vector256.Create(0, 0, 2, 2, 4, 4, 6, 6));
                Vector256<float> sin = Vector256.Shuffle(angle, Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7));
                Vector256<float> swapped = Vector256.Shuffle(pair, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));
                Vector256<float> δ = pair * cos + swapped * sin * Vector256.Create(1f, -1, 1, -1, 1, -1, 1, -1);
                (Vector256.LoadUnsafe(ref target, (nuint)i) + δ).StoreUnsafe(ref target, (nuint)i);
            }
            for (; i < d; i += 2)
            {
                (float cos, float sin) = (turns[i], turns[i + 1]);
                (float δy0, float δy1) = (δy[head + i], δy[head + i + 1]);
                δx[head + i] += δy0 * cos + δy1 * sin;
                δx[head + i + 1] += δy1 * cos - δy0 * sin;
            }
        }
    }

    /// <summary>The naive twin: one head (d) at position m without any scaling, straight from the paper.</summary>
    public static void Naive<N>(ReadOnlySpan<N> x, N m, N @base, Span<N> y)
        where N : IBinaryFloatingPointIeee754<N>
    {
        N d = N.CreateChecked(x.Length);
        for (int i = 0; i < x.Length / 2; i++)
        {
            N angle = m * N.Pow(@base, -N.CreateChecked(2 * i) / d);
            y[2 * i] = x[2 * i] * N.Cos(angle) - x[2 * i + 1] * N.Sin(angle);
            y[2 * i + 1] = x[2 * i] * N.Sin(angle) + x[2 * i + 1] * N.Cos(angle);
        }
    }

    // A method of its own, so that plain inference never makes the closure.
    private static void Push(Tape tape, Tensor x, Tensor turns, Tensor y) => tape.Record(() =>
    {
        for (int t = 0; t < x.Rows; t++)
        {
            Gradient(turns.Row(t), y.Slice(t, 1).Gradient, x.Slice(t, 1).Gradient);
        }
    });
}
