using System.Numerics.Tensors;
using Engine;

namespace ReferenceModels.Quantization;

/// <summary>
/// Activations as they are left when ggml has turned them into the blocks of its products and back. An integer product of two
/// blocks is the float product of what they stand for, so this alone is ggml's arithmetic; the order of sums is not.
/// </summary>
/// <remarks>What ggml's builds do not agree on, how blocks of 32 are rounded, is a <see cref="GgmlBuild"/>. Blocks of 256 become the
/// nearest integers, even where two are near, in all of them (quantize_row_q8_K).</remarks>
internal static class ActivationRounding
{
    private const int SmallBlock = 32;
    private const int LargeBlock = 256;

    /// <summary>Rounds a row.</summary>
    /// <param name="build">Whose rounding.</param>
    /// <param name="format">To what.</param>
    /// <param name="x">(in), a multiple of the block.</param>
    /// <param name="rounded">(in).</param>
    /// <param name="sums">(in / 32), Σ x of each block in the precision that <see cref="ActivationFormat.Q8_1"/> keeps; untouched by the others.</param>
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
            // To even: half a step less one, plus one where the last kept bit is set. Not-a-number stays so.
            var bits = BitConverter.SingleToUInt32Bits(x[i]);
            y[i] = float.IsNaN(x[i]) ? x[i] : BitConverter.UInt32BitsToSingle(bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000);
        }
    }

    // d = max|x|/127 in F16, q = x·127/max|x| or x·1/d; the sum is d·Σq with the d before its rounding, and then in F16 itself.
    private static void RoundToSmallBlocks(GgmlBuild build, ReadOnlySpan<float> x, Span<float> y, Span<float> sums)
    {
        for (var i = 0; i < x.Length; i += SmallBlock)
        {
            var q = y.Slice(i, SmallBlock);
            var max = Integers(x.Slice(i, SmallBlock), q, build.InvertsScale, build.RoundsHalvesToEven ? MidpointRounding.ToEven : MidpointRounding.AwayFromZero);
            var d = max / 127;
            if (!sums.IsEmpty)
            {
                sums[i / SmallBlock] = (float)(Half)(d * TensorPrimitives.Sum<float>(q));
            }

            TensorPrimitives.Multiply(q, (float)(Half)d, q);
        }
    }

    // q = x·127/max|x|, d the inverse of that factor. ggml's factor has the other sign, and so have its integers.
    private static void RoundToLargeBlocks(ReadOnlySpan<float> x, Span<float> y)
    {
        for (var i = 0; i < x.Length; i += LargeBlock)
        {
            var q = y.Slice(i, LargeBlock);
            var max = Integers(x.Slice(i, LargeBlock), q, inverts: false, MidpointRounding.ToEven);
            TensorPrimitives.Multiply(q, max == 0 ? 0 : 1 / (127 / max), q);
        }
    }

    // Integers in −127 … 127; the greatest magnitude is given back, 0 where it is too small for its inverse.
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
