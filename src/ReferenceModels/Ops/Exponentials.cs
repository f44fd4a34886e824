using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Ops;

/// <summary>e^x and σ(x) over spans, with the bits of <see cref="System.Numerics.Tensors.TensorPrimitives"/>, whose own loops take a hundred times as long
/// until .NET has compiled them a second time, which is later than a first token.</summary>
internal static class Exponentials
{
    /// <summary>y = e^x; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Exp(ReadOnlySpan<float> x, Span<float> y)
    {
        int i = 0;
        for (; Vector512.IsHardwareAccelerated && i <= x.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Vector512.Exp(Vector512.Create(x[i..])).CopyTo(y[i..]);
        }
        for (; i <= x.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256.Exp(Vector256.Create(x[i..])).CopyTo(y[i..]);
        }
        if (i < x.Length)
        {
            Span<float> rest = stackalloc float[Vector256<float>.Count];
            x[i..].CopyTo(rest);
            Vector256.Exp(Vector256.Create<float>(rest)).CopyTo(rest);
            rest[..(x.Length - i)].CopyTo(y[i..]);
        }
    }

    /// <summary>y = 1/(1 + e^−x); <paramref name="y"/> may be <paramref name="x"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sigmoid(ReadOnlySpan<float> x, Span<float> y)
    {
        int i = 0;
        for (; Vector512.IsHardwareAccelerated && i <= x.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            (Vector512<float>.One / (Vector512<float>.One + Vector512.Exp(-Vector512.Create(x[i..])))).CopyTo(y[i..]);
        }
        for (; i <= x.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            (Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-Vector256.Create(x[i..])))).CopyTo(y[i..]);
        }
        if (i < x.Length)
        {
            Span<float> rest = stackalloc float[Vector256<float>.Count];
            x[i..].CopyTo(rest);
            (Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-Vector256.Create<float>(rest)))).CopyTo(rest);
            rest[..(x.Length - i)].CopyTo(y[i..]);
        }
    }
}
