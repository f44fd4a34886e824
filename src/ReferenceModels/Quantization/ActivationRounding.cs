using System.Numerics.Tensors;
using Engine;

namespace ReferenceModels.Quantization;

/// <summary>
/// Rounds activations as ggml does: to the blocks of its products and back. The integer product of two blocks equals the float
/// product of the values they encode, so this rounding is all that distinguishes ggml's arithmetic; the order of sums is not reproduced.
/// </summary>
/// <remarks>ggml's builds round blocks of 32 differently, as <see cref="GgmlBuild"/> describes. Blocks of 256 are rounded to the
/// nearest integers, halves to even, in every build (quantize_row_q8_K).</remarks>
internal static class ActivationRounding
{
    private const int SmallBlock = 32;
    private const int LargeBlock = 256;

    /// <summary>Rounds a row.</summary>
    /// <param name="build">The build whose rounding is used.</param>
    /// <param name="format">The format to round to.</param>
    /// <param name="x">(in), a multiple of the block size.</param>
    /// <param name="rounded">(in).</param>
    /// <param name="sums">(in / 32), Σ x of each block in the precision that <see cref="ActivationFormat.Q8_1"/> keeps; other formats leave it untouched.</param>
    public static void Round(GgmlBuild build, ActivationFormat format, ReadOnlySpan<float> x, Span<float> rounded, Span<float> sums)
    {
        switch (format)
        {
            case ActivationFormat.F16:
                RoundToF16(x, rounded);
                break;
            case ActivationFormat.BF16:
                RoundToBF16(x, rounded);
                break;
            case ActivationFormat.Q8_0 or ActivationFormat.Q8_1:
                RoundToSmallBlocks(build, x, rounded, format == ActivationFormat.Q8_1 ? sums : []);
                break;
            case ActivationFormat.Q8_K:
                RoundToLargeBlocks(x, rounded);
                break;
            default:
                x.CopyTo(rounded);
                break;
        }
    }

    /// <summary>Writes the integers of one block as floats.</summary>
    /// <param name="build">The build whose rounding is used.</param>
    /// <param name="format"><see cref="ActivationFormat.Q8_0"/> or <see cref="ActivationFormat.Q8_K"/>.</param>
    /// <param name="x">32 or 256 floats.</param>
    /// <param name="q">As many integers in −127 … 127.</param>
    /// <returns>d, as the format keeps it: x ≈ d·q.</returns>
    public static float Integers(GgmlBuild build, ActivationFormat format, ReadOnlySpan<float> x, Span<float> q) =>
        format == ActivationFormat.Q8_K ? LargeIntegers(x, q) : (float)(Half)SmallIntegers(build, x, q);

    private static void RoundToF16(ReadOnlySpan<float> x, Span<float> y)
    {
        Span<Half> halves = stackalloc Half[LargeBlock];
        for (var i = 0; i < x.Length; i += LargeBlock)
        {
            var n = Math.Min(LargeBlock, x.Length - i);
            TensorPrimitives.ConvertToHalf(x.Slice(i, n), halves);
            TensorPrimitives.ConvertToSingle(halves[..n], y[i..]);
        }
    }

    private static void RoundToBF16(ReadOnlySpan<float> x, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
        {
            // Round to even: add half a step less one, plus one if the last kept bit is set. NaN stays NaN.
            var bits = BitConverter.SingleToUInt32Bits(x[i]);
            y[i] = float.IsNaN(x[i]) ? x[i] : BitConverter.UInt32BitsToSingle(bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000);
        }
    }

    // d = max|x|/127 in F16, q = x·127/max|x| or x·1/d; the sum is d·Σq with the unrounded d, then rounded to F16 itself.
    private static void RoundToSmallBlocks(GgmlBuild build, ReadOnlySpan<float> x, Span<float> y, Span<float> sums)
    {
        for (var i = 0; i < x.Length; i += SmallBlock)
        {
            var q = y.Slice(i, SmallBlock);
            var d = SmallIntegers(build, x.Slice(i, SmallBlock), q);
            if (!sums.IsEmpty)
            {
                sums[i / SmallBlock] = (float)(Half)(d * TensorPrimitives.Sum<float>(q));
            }

            TensorPrimitives.Multiply(q, (float)(Half)d, q);
        }
    }

    // q = x·127/max|x|, d the inverse of that factor. ggml's factor has the opposite sign, and so do its integers.
    private static void RoundToLargeBlocks(ReadOnlySpan<float> x, Span<float> y)
    {
        for (var i = 0; i < x.Length; i += LargeBlock)
        {
            var q = y.Slice(i, LargeBlock);
            TensorPrimitives.Multiply(q, LargeIntegers(x.Slice(i, LargeBlock), q), q);
        }
    }

    // Both return d.
    private static float SmallIntegers(GgmlBuild build, ReadOnlySpan<float> x, Span<float> q) =>
        Integers(x, q, build.InvertsScale, build.RoundsHalvesToEven ? MidpointRounding.ToEven : MidpointRounding.AwayFromZero) / 127;

    private static float LargeIntegers(ReadOnlySpan<float> x, Span<float> q)
    {
        var max = Integers(x, q, inverts: false, MidpointRounding.ToEven);
        return max == 0 ? 0 : 1 / (127 / max);
    }

    // Writes integers in −127 … 127; returns the largest magnitude, or 0 if it is too small to invert.
    private static float Integers(ReadOnlySpan<float> x, Span<float> q, bool inverts, MidpointRounding halves)
    {
        var max = MathF.Abs(TensorPrimitives.MaxMagnitude(x));
        var factor = inverts ? 1 / (max / 127) : 127 / max;
        if (float.IsInfinity(factor))
        {
            q.Clear();
            return 0;
        }

        TensorPrimitives.Multiply(x, factor, q);
        TensorPrimitives.Round(q, halves, q);
        return max;
    }
}
