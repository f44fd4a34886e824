using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Ops;

/// <summary>y = tanh x.</summary>
internal static class Tanh
{
    // Elements processed together, in the first-level cache.
    private const int Chunk = 256;

    // Below this, the quotient of exponentials loses precision, and six terms of the series are exact to a float: the next is 2e-9 of the first.
    private const float Small = 0.25f;

    /// <summary>x, y (T, d).</summary>
    public static Tensor Forward(Pass pass, Tensor x)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        Forward(x.Values, y.Values);
        if (pass.Tape is { } tape)
        {
            Push(tape, x, y);
        }
        return y;
    }

    /// <summary>The same for any numbers; y may be x.</summary>
    public static void Forward(ReadOnlySpan<float> x, Span<float> y)
    {
        Span<float> copy = stackalloc float[Chunk];
        for (int first = 0; first < x.Length; first += Chunk)
        {
            int n = Math.Min(Chunk, x.Length - first), i = 0;
            ReadOnlySpan<float> x_c = copy[..n];
            x.Slice(first, n).CopyTo(copy);
            Span<float> y_c = y.Slice(first, n);
            TensorPrimitives.Tanh(x_c, y_c);
            ref float source = ref MemoryMarshal.GetReference(x_c);
            ref float target = ref MemoryMarshal.GetReference(y_c);
            for (; i <= n - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256<float> v = Vector256.LoadUnsafe(ref source, (nuint)i), whole = Vector256.LoadUnsafe(ref target, (nuint)i);
                Vector256<float> isSmall = Vector256.LessThan(Vector256.Abs(v), Vector256.Create(Small));
                Vector256.ConditionalSelect(isSmall, Series(v), whole).StoreUnsafe(ref target, (nuint)i);
            }
            for (; i < n; i++)
            {
                y_c[i] = MathF.Tanh(x_c[i]);
            }
        }
    }

    // x − x³/3 + 2x⁵/15 − 17x⁷/315 + 62x⁹/2835 − 1382x¹¹/155925
    private static Vector256<float> Series(Vector256<float> x)
    {
        Vector256<float> x2 = x * x, sum = Vector256.Create(-1382f / 155925);
        sum = sum * x2 + Vector256.Create(62f / 2835);
        sum = sum * x2 + Vector256.Create(-17f / 315);
        sum = sum * x2 + Vector256.Create(2f / 15);
        sum = sum * x2 + Vector256.Create(-1f / 3);
        return x + x * x2 * sum;
    }

    // δx += δy·(1 − y²)
    private static void Push(Tape tape, Tensor x, Tensor y) => tape.Record(() =>
    {
        Span<float> δx = x.Gradient;
        for (int i = 0; i < δx.Length; i++)
        {
            δx[i] += y.Gradient[i] * (1 - y.Values[i] * y.Values[i]);
        }
    });
}
