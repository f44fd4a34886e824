using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>Rows of Q4_K. With AVX-512, a register holds the weight that each of the sixteen nibble values stands for in a group, so one instruction turns sixteen nibbles into
/// weights; the results equal those of <see cref="ScaledFormat{TBlock}"/> to the last bit.</summary>
internal sealed unsafe class NibbleFormat() : ByteFormat<Q4_K>(GgmlType.Q4_K)
{
    public override void Dot(byte* w, int rows, float* x, float* sums, float* y, int n)
    {
        if (Avx512F.IsSupported)
        {
            DotRows(&DotFour, w, RowBytes(n), rows, x, sums, y, n);
        }
        else
        {
            base.Dot(w, rows, x, sums, y, n);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotFour(byte* w0, byte* w1, byte* w2, byte* w3, float* x, float* sums, float* y, int n)
    {
        // For each row eight scales and eight minima.
        float* memory = stackalloc float[4 * 16 + 16], scales = (float*)(((nint)memory + 63) & ~63), minima = scales + 8, halves = F16.Singles;
        Vector512<float> s0 = Vector512<float>.Zero, s1 = s0, s2 = s0, s3 = s0;
        Vector256<float> m0 = Vector256<float>.Zero, m1 = m0, m2 = m0, m3 = m0;
        for (; n > 0; n -= Q4_K.Elements, w0 += Q4_K.Bytes, w1 += Q4_K.Bytes, w2 += Q4_K.Bytes, w3 += Q4_K.Bytes, sums += 8)
        {
            Prefetch.Ahead(w0, Q4_K.Bytes);
            Prefetch.Ahead(w1, Q4_K.Bytes);
            Prefetch.Ahead(w2, Q4_K.Bytes);
            Prefetch.Ahead(w3, Q4_K.Bytes);
            SixBitScales.Unpack(w0, halves, scales, minima);
            SixBitScales.Unpack(w1, halves, scales + 16, minima + 16);
            SixBitScales.Unpack(w2, halves, scales + 32, minima + 32);
            SixBitScales.Unpack(w3, halves, scales + 48, minima + 48);
            for (int pair = 0; pair < 4; pair++, x += 64)
            {
                s0 = AddPair(s0, w0 + 16 + pair * 32, scales + 2 * pair, x);
                s1 = AddPair(s1, w1 + 16 + pair * 32, scales + 16 + 2 * pair, x);
                s2 = AddPair(s2, w2 + 16 + pair * 32, scales + 32 + 2 * pair, x);
                s3 = AddPair(s3, w3 + 16 + pair * 32, scales + 48 + 2 * pair, x);
            }
            var sum = Vector256.Load(sums);
            m0 = Vector256.MultiplyAddEstimate(Vector256.Load(minima), sum, m0);
            m1 = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 16), sum, m1);
            m2 = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 32), sum, m2);
            m3 = Vector256.MultiplyAddEstimate(Vector256.Load(minima + 48), sum, m3);
        }
        (y[0], y[1]) = (Lanes512.Sum(s0) - Lanes256.Sum(m0), Lanes512.Sum(s1) - Lanes256.Sum(m1));
        (y[2], y[3]) = (Lanes512.Sum(s2) - Lanes256.Sum(m2), Lanes512.Sum(s3) - Lanes256.Sum(m3));
    }

    // Two groups of 32: the low nibbles of 32 bytes, and the high ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> AddPair(Vector512<float> sum, byte* qs, float* scales, float* x)
    {
        var levels = Vector512.Create(0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        Vector512<float> low = levels * scales[0], high = levels * scales[1];
        // The permutation reads only the lowest four bits of an index.
        Vector512<int> first = Avx512F.ConvertToVector512Int32(Vector128.Load(qs)), second = Avx512F.ConvertToVector512Int32(Vector128.Load(qs + 16));
        sum = Vector512.MultiplyAddEstimate(Avx512F.PermuteVar16x32(low, first), Vector512.Load(x), sum);
        sum = Vector512.MultiplyAddEstimate(Avx512F.PermuteVar16x32(low, second), Vector512.Load(x + 16), sum);
        sum = Vector512.MultiplyAddEstimate(Avx512F.PermuteVar16x32(high, first >> 4), Vector512.Load(x + 32), sum);
        return Vector512.MultiplyAddEstimate(Avx512F.PermuteVar16x32(high, second >> 4), Vector512.Load(x + 48), sum);
    }
}
