using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Ops;

/// <summary>
/// Rotary position embedding (Su et al. 2021, https://arxiv.org/abs/2104.09864, equation 34): at position m the pair
/// (x₂ᵢ, x₂ᵢ₊₁) of a head is rotated by the angle m·θᵢ, θᵢ = base^(−2i/d).
/// </summary>
/// <remarks>The angles come from <see cref="RopeAngles"/>, once for all layers and heads.</remarks>
internal static class Rope
{
    /// <summary>Rotates every head of every row of x (T, heads·d).</summary>
    /// <param name="pass">Memory and tape.</param>
    /// <param name="x">(T, heads·d).</param>
    /// <param name="turns">cos and sin per row, (T, r), as <see cref="RopeAngles.Fill"/> lays them out for the pairs.</param>
    /// <param name="heads">d, r and the pairs.</param>
    public static Tensor Forward(Pass pass, Tensor x, Tensor turns, RopeHeads heads)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        for (int t = 0; t < x.Rows; t++)
        {
            Turn(x.Row(t), turns.Row(t), y.Row(t), heads);
        }
        if (pass.Tape is { } tape)
        {
            Push(tape, x, turns, heads, y);
        }
        return y;
    }

    /// <summary>Rotates the heads of one row.</summary>
    /// <param name="x">(heads·d).</param>
    /// <param name="turns">(r).</param>
    /// <param name="y">(heads·d); must not overlap x.</param>
    /// <param name="heads">d, r and the pairs.</param>
    public static void Turn(ReadOnlySpan<float> x, ReadOnlySpan<float> turns, Span<float> y, RopeHeads heads)
    {
        (int d, int r, RopePairs pairs) = heads;
        for (int head = 0; head < x.Length; head += d)
        {
            ReadOnlySpan<float> x_r = x.Slice(head, r);
            if (pairs == RopePairs.Neighbours)
            {
                TurnNeighbours(x_r, turns, y.Slice(head, r));
            }
            else
            {
                TurnHalves(x_r, turns, y.Slice(head, r));
            }
            x.Slice(head + r, d - r).CopyTo(y[(head + r)..]);
        }
    }

    /// <summary>The backward pass of one row: rotates δy in the opposite direction and adds it to δx, both (heads·d).</summary>
    public static void Gradient(ReadOnlySpan<float> turns, ReadOnlySpan<float> δy, Span<float> δx, RopeHeads heads)
    {
        (int d, int r, RopePairs pairs) = heads;
        for (int head = 0; head < δy.Length; head += d)
        {
            ReadOnlySpan<float> δy_r = δy.Slice(head, r);
            if (pairs == RopePairs.Neighbours)
            {
                AddNeighbours(turns, δy_r, δx.Slice(head, r));
            }
            else
            {
                AddHalves(turns, δy_r, δx.Slice(head, r));
            }
            TensorPrimitives.Add(δx.Slice(head + r, d - r), δy.Slice(head + r, d - r), δx.Slice(head + r, d - r));
        }
    }

    /// <summary>The naive twin: one head (d) at position m, without any scaling, as in the paper.</summary>
    public static void Naive<N>(ReadOnlySpan<N> x, N m, N @base, Span<N> y, RopePairs pairs)
        where N : IBinaryFloatingPointIeee754<N>
    {
        N d = N.CreateChecked(x.Length);
        for (int i = 0; i < x.Length / 2; i++)
        {
            (int a, int b) = pairs == RopePairs.Neighbours ? (2 * i, 2 * i + 1) : (i, i + x.Length / 2);
            N angle = m * N.Pow(@base, -N.CreateChecked(2 * i) / d);
            y[a] = x[a] * N.Cos(angle) - x[b] * N.Sin(angle);
            y[b] = x[a] * N.Sin(angle) + x[b] * N.Cos(angle);
        }
    }

    // turns: cos m·θ₀, sin m·θ₀, cos m·θ₁, …
    private static void TurnNeighbours(ReadOnlySpan<float> x, ReadOnlySpan<float> turns, Span<float> y)
    {
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref float source = ref MemoryMarshal.GetReference(x);
            ref float turn = ref MemoryMarshal.GetReference(turns);
            ref float target = ref MemoryMarshal.GetReference(y);
            for (; i <= x.Length - Vector256<float>.Count; i += Vector256<float>.Count)
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
        for (; i < x.Length; i += 2)
        {
            (float x0, float x1) = (x[i], x[i + 1]);
            (float cos, float sin) = (turns[i], turns[i + 1]);
            y[i] = x0 * cos - x1 * sin;
            y[i + 1] = x0 * sin + x1 * cos;
        }
    }

    private static void AddNeighbours(ReadOnlySpan<float> turns, ReadOnlySpan<float> δy, Span<float> δx)
    {
        ref float turn = ref MemoryMarshal.GetReference(turns);
        ref float source = ref MemoryMarshal.GetReference(δy);
        ref float target = ref MemoryMarshal.GetReference(δx);
        int i = 0;
        for (; i <= δy.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> pair = Vector256.LoadUnsafe(ref source, (nuint)i), angle = Vector256.LoadUnsafe(ref turn, (nuint)i);
            Vector256<float> cos = Vector256.Shuffle(angle, Vector256.Create(0, 0, 2, 2, 4, 4, 6, 6));
            Vector256<float> sin = Vector256.Shuffle(angle, Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7));
            Vector256<float> swapped = Vector256.Shuffle(pair, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));
            Vector256<float> δ = pair * cos + swapped * sin * Vector256.Create(1f, -1, 1, -1, 1, -1, 1, -1);
            (Vector256.LoadUnsafe(ref target, (nuint)i) + δ).StoreUnsafe(ref target, (nuint)i);
        }
        for (; i < δy.Length; i += 2)
        {
            (float cos, float sin) = (turns[i], turns[i + 1]);
            (float δy0, float δy1) = (δy[i], δy[i + 1]);
            δx[i] += δy0 * cos + δy1 * sin;
            δx[i + 1] += δy1 * cos - δy0 * sin;
        }
    }

    // turns: cos m·θ₀, cos m·θ₁, …, then the sines.
    private static void TurnHalves(ReadOnlySpan<float> x, ReadOnlySpan<float> turns, Span<float> y)
    {
        int half = x.Length / 2;
        for (int i = 0; i < half; i++)
        {
            (float x0, float x1, float cos, float sin) = (x[i], x[half + i], turns[i], turns[half + i]);
            y[i] = x0 * cos - x1 * sin;
            y[half + i] = x0 * sin + x1 * cos;
        }
    }

    private static void AddHalves(ReadOnlySpan<float> turns, ReadOnlySpan<float> δy, Span<float> δx)
    {
        int half = δy.Length / 2;
        for (int i = 0; i < half; i++)
        {
            (float δy0, float δy1, float cos, float sin) = (δy[i], δy[half + i], turns[i], turns[half + i]);
            δx[i] += δy0 * cos + δy1 * sin;
            δx[half + i] += δy1 * cos - δy0 * sin;
        }
    }

    // A separate method, so that plain inference never allocates the closure.
    private static void Push(Tape tape, Tensor x, Tensor turns, RopeHeads heads, Tensor y) => tape.Record(() =>
    {
        for (int t = 0; t < x.Rows; t++)
        {
            Gradient(turns.Row(t), y.Slice(t, 1).Gradient, x.Slice(t, 1).Gradient, heads);
        }
    });
}
