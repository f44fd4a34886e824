using System.Runtime.Intrinsics;
using Engine.Gguf;
using ReferenceModels.Quantization;

namespace ReferenceModels.Tests.Quantization;

/// <summary>The kernels are judged by the plain definition of a block, in each register width the processor has.</summary>
public unsafe class WidthTests
{
    private const int Elements = 2048;

    private delegate float DotRow(byte* w, float* x, float* sums, int n);

    private delegate void DequantizeRow(byte* w, float* y, int n);

    private delegate void AddRow(byte* w, float* x, float* sums, float* products, int tokens, int n);

    [Theory, Width(256), Width(512)]
    public void F32_is_what_its_definition_says(int bits) => Float<F32>(GgmlType.F32, bits);

    [Theory, Width(256), Width(512)]
    public void F16_is_what_its_definition_says(int bits) => Float<F16>(GgmlType.F16, bits);

    [Theory, Width(256), Width(512)]
    public void BF16_is_what_its_definition_says(int bits) => Float<BF16>(GgmlType.BF16, bits);

    [Theory, Width(256), Width(512)]
    public void Q1_0_is_what_its_definition_says(int bits) => Scaled<Q1_0>(GgmlType.Q1_0, bits);

    [Theory, Width(256), Width(512)]
    public void Q2_0_is_what_its_definition_says(int bits) => Scaled<Q2_0>(GgmlType.Q2_0, bits);

    [Theory, Width(256), Width(512)]
    public void Q4_0_is_what_its_definition_says(int bits) => Scaled<Q4_0>(GgmlType.Q4_0, bits);

    [Theory, Width(256), Width(512)]
    public void Q4_1_is_what_its_definition_says(int bits) => Scaled<Q4_1>(GgmlType.Q4_1, bits);

    [Theory, Width(256), Width(512)]
    public void Q5_0_is_what_its_definition_says(int bits) => Scaled<Q5_0>(GgmlType.Q5_0, bits);

    [Theory, Width(256), Width(512)]
    public void Q5_1_is_what_its_definition_says(int bits) => Scaled<Q5_1>(GgmlType.Q5_1, bits);

    [Theory, Width(256), Width(512)]
    public void Q8_0_is_what_its_definition_says(int bits) => Scaled<Q8_0>(GgmlType.Q8_0, bits);

    [Theory, Width(256), Width(512)]
    public void Q2_K_is_what_its_definition_says(int bits) => Scaled<Q2_K>(GgmlType.Q2_K, bits);

    [Theory, Width(256), Width(512)]
    public void Q3_K_is_what_its_definition_says(int bits) => Scaled<Q3_K>(GgmlType.Q3_K, bits);

    [Theory, Width(256), Width(512)]
    public void Q4_K_is_what_its_definition_says(int bits) => Scaled<Q4_K>(GgmlType.Q4_K, bits);

    [Theory, Width(256), Width(512)]
    public void Q5_K_is_what_its_definition_says(int bits) => Scaled<Q5_K>(GgmlType.Q5_K, bits);

    [Theory, Width(256), Width(512)]
    public void Q6_K_is_what_its_definition_says(int bits) => Scaled<Q6_K>(GgmlType.Q6_K, bits);

    [Theory, Width(256), Width(512)]
    public void IQ1_S_is_what_its_definition_says(int bits) => Scaled<IQ1_S>(GgmlType.IQ1_S, bits);

    [Theory, Width(256), Width(512)]
    public void IQ1_M_is_what_its_definition_says(int bits) => Scaled<IQ1_M>(GgmlType.IQ1_M, bits);

    [Theory, Width(256), Width(512)]
    public void IQ2_XXS_is_what_its_definition_says(int bits) => Scaled<IQ2_XXS>(GgmlType.IQ2_XXS, bits);

    [Theory, Width(256), Width(512)]
    public void IQ2_XS_is_what_its_definition_says(int bits) => Scaled<IQ2_XS>(GgmlType.IQ2_XS, bits);

    [Theory, Width(256), Width(512)]
    public void IQ2_S_is_what_its_definition_says(int bits) => Scaled<IQ2_S>(GgmlType.IQ2_S, bits);

    [Theory, Width(256), Width(512)]
    public void IQ3_XXS_is_what_its_definition_says(int bits) => Scaled<IQ3_XXS>(GgmlType.IQ3_XXS, bits);

    [Theory, Width(256), Width(512)]
    public void IQ3_S_is_what_its_definition_says(int bits) => Scaled<IQ3_S>(GgmlType.IQ3_S, bits);

    [Theory, Width(256), Width(512)]
    public void IQ4_NL_is_what_its_definition_says(int bits) => Scaled<IQ4_NL>(GgmlType.IQ4_NL, bits);

    [Theory, Width(256), Width(512)]
    public void IQ4_XS_is_what_its_definition_says(int bits) => Scaled<IQ4_XS>(GgmlType.IQ4_XS, bits);

    [Theory, Width(256), Width(512)]
    public void TQ1_0_is_what_its_definition_says(int bits) => Scaled<TQ1_0>(GgmlType.TQ1_0, bits);

    [Theory, Width(256), Width(512)]
    public void TQ2_0_is_what_its_definition_says(int bits) => Scaled<TQ2_0>(GgmlType.TQ2_0, bits);

    [Theory, Width(256), Width(512)]
    public void MXFP4_is_what_its_definition_says(int bits) => Scaled<MXFP4>(GgmlType.MXFP4, bits);

    [Theory, Width(256), Width(512)]
    public void NVFP4_is_what_its_definition_says(int bits) => Scaled<NVFP4>(GgmlType.NVFP4, bits);

    [Theory, Width(256), Width(512)]
    public void Every_half_converts_to_the_right_float(int bits)
    {
        Half[] halves = [.. Enumerable.Range(0, 65536).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)).Where(Half.IsFinite)];
        float[] y = new float[halves.Length];
        fixed (Half* p = halves)
        fixed (float* py = y)
        {
            if (bits == 512)
            {
                FloatFormat<F16>.Dequantize<Vector512<float>, Lanes512>((byte*)p, py, y.Length);
            }
            else
            {
                FloatFormat<F16>.Dequantize<Vector256<float>, Lanes256>((byte*)p, py, y.Length);
            }
        }
        Assert.Equal(halves.Select(half => BitConverter.SingleToInt32Bits((float)half)), y.Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void Infinite_and_NaN_halves_stay_infinite_and_NaN()
    {
        var halves = new Half[16];
        halves.AsSpan().Fill(Half.One);
        (halves[0], halves[5], halves[9]) = (Half.PositiveInfinity, Half.NegativeInfinity, Half.NaN);
        var y = new float[16];
        fixed (Half* p = halves)
        fixed (float* py = y)
        {
            BlockFormat.Of(GgmlType.F16, "w").Dequantize((byte*)p, py, 16);
        }

        Assert.Equal([float.PositiveInfinity, 1, 1, 1, 1, float.NegativeInfinity, 1, 1, 1, float.NaN, 1, 1, 1, 1, 1, 1], y);
    }

    [Theory, Width(512)]
    public void Q4_K_by_its_sixteen_levels_equals_Q4_K_by_its_bytes_to_the_last_bit(int bits)
    {
        Assert.Equal(512, bits);
        const int rows = 5;
        var format = BlockFormat.Of(GgmlType.Q4_K, "w");
        float[] x = Activations(Elements, 1), sums = [.. x.Chunk(format.SumElements).Select(chunk => chunk.Sum())], bytes = new float[rows], levels = new float[rows];
        fixed (byte* w = RandomBlocks.Of(format, rows * Elements, seed: 2))
        fixed (float* pX = x, pSums = sums, pBytes = bytes, pLevels = levels)
        {
            ScaledFormat<Q4_K>.Dot<Vector512<float>, Lanes512>(w, rows, pX, pSums, pBytes, Elements);
            format.Dot(w, rows, pX, pSums, pLevels, Elements);
        }
        Assert.Equal(bytes, levels);
        Assert.DoesNotContain(0, levels);
    }

    private static void Float<TBlock>(GgmlType type, int bits) where TBlock : struct, IFloatBlock
    {
        // Also rows whose length is not a multiple of any width.
        foreach (var n in new[] { Elements, 1, 7, 37, 131 })
        {
            if (bits == 512)
            {
                Judge<TBlock>(
                    type,
                    n,
                    FloatFormat<TBlock>.Dequantize<Vector512<float>, Lanes512>,
                    (w, x, _, length) => { float y; FloatFormat<TBlock>.Dot<Vector512<float>, Lanes512>(w, 1, x, &y, length); return y; },
                    (w, x, _, products, tokens, length) => FloatFormat<TBlock>.AddRow<Vector512<float>, Lanes512>(w, x, products, tokens, 0, length),
                    bits);
                continue;
            }
            Judge<TBlock>(
                type,
                n,
                FloatFormat<TBlock>.Dequantize<Vector256<float>, Lanes256>,
                (w, x, _, length) => { float y; FloatFormat<TBlock>.Dot<Vector256<float>, Lanes256>(w, 1, x, &y, length); return y; },
                (w, x, _, products, tokens, length) => FloatFormat<TBlock>.AddRow<Vector256<float>, Lanes256>(w, x, products, tokens, 0, length),
                bits);
        }
    }

    private static void Scaled<TBlock>(GgmlType type, int bits) where TBlock : struct, IScaledBlock
    {
        if (bits == 512)
        {
            Judge<TBlock>(
                type,
                Elements,
                (w, y, n) => ScaledFormat<TBlock>.Dequantize<Vector512<float>, Lanes512>(w, 0, 1, F16.Singles, y, 0, n),
                (w, x, sums, n) => { float y; ScaledFormat<TBlock>.Dot<Vector512<float>, Lanes512>(w, 1, x, sums, &y, n); return y; },
                (w, x, sums, products, tokens, n) => ScaledFormat<TBlock>.AddRow<Vector512<float>, Lanes512>(w, F16.Singles, x, sums, products, tokens, 0, n),
                bits);
            return;
        }
        Judge<TBlock>(
            type,
            Elements,
            (w, y, n) => ScaledFormat<TBlock>.Dequantize<Vector256<float>, Lanes256>(w, 0, 1, F16.Singles, y, 0, n),
            (w, x, sums, n) => { float y; ScaledFormat<TBlock>.Dot<Vector256<float>, Lanes256>(w, 1, x, sums, &y, n); return y; },
            (w, x, sums, products, tokens, n) => ScaledFormat<TBlock>.AddRow<Vector256<float>, Lanes256>(w, F16.Singles, x, sums, products, tokens, 0, n),
            bits);
    }

    private static void Judge<TBlock>(GgmlType type, int n, DequantizeRow dequantize, DotRow dot, AddRow add, int bits) where TBlock : struct, IBlock
    {
        var format = BlockFormat.Of(type, "w");
        for (var seed = 0; seed < 4; seed++)
        {
            byte[] wild = RandomBlocks.Of(format, n, seed, wild: true), blocks = RandomBlocks.Of(format, n, seed);
            float[] x = Activations(n, seed), sums = [.. x.Chunk(Math.Max(format.SumElements, 1)).Select(chunk => chunk.Sum())];
            float[] expected = new float[n], actual = new float[n];
            fixed (byte* pWild = wild, pBlocks = blocks)
            fixed (float* pX = x, pSums = sums, pExpected = expected, pActual = actual)
            {
                Plain<TBlock>(pWild, pExpected, n);
                dequantize(pWild, pActual, n);
                Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));

                Plain<TBlock>(pBlocks, pExpected, n);
                double sum = 0, magnitude = 0;
                for (var i = 0; i < n; i++)
                {
                    (sum, magnitude) = (sum + (double)expected[i] * x[i], magnitude + Math.Abs((double)expected[i] * x[i]));
                }
                // A sum in F32 of n products, in lanes: the bound n·2^-24 Σ|wx| is far from reached; with minima and scales
                // summed separately, a few times 2^-24 Σ|wx| remains.
                Assert.InRange(dot(pBlocks, pX, pSums, n) - sum, -1e-6 * magnitude, 1e-6 * magnitude);
                Together(format, pBlocks, n, dot, add, bits / 32);
            }
        }
    }

    // Products with four and eight tokens, in pieces, equal those of each token to the last bit.
    private static void Together(BlockFormat format, byte* w, int n, DotRow dot, AddRow add, int lanes)
    {
        const int piece = 512;
        foreach (int tokens in new[] { 4, 8 })
        {
            int group = Math.Max(format.SumElements, 1), groups = format.SumElements > 0 ? n / group : 0;
            float[] packed = new float[PackedTokens.PaddedColumns(n) * tokens], packedSums = new float[(groups + 8) * tokens], products = new float[tokens * PackedTokens.ProductFloats];
            var x = Enumerable.Range(0, tokens).Select(t => Activations(n, t + 1)).ToArray();
            var sums = x.Select(x_t => x_t.Chunk(group).Select(chunk => chunk.Sum()).ToArray()).ToArray();
            foreach (int t in Enumerable.Range(0, tokens))
            {
                foreach (int g in Enumerable.Range(0, groups))
                {
                    packedSums[(g / 8 * tokens + t) * 8 + g % 8] = sums[t][g];
                }
            }
            fixed (float* pX = x.SelectMany(x_t => x_t).ToArray(), pPacked = packed, pSums = packedSums, pProducts = products)
            {
                PackedTokens.Pack(pX, n, 0, n, tokens, tokens, pPacked, lanes);
                for (int c = 0; c < n; c += piece)
                {
                    add(w + format.RowBytes(c), pPacked + c * tokens, pSums + (groups > 0 ? c / group * tokens : 0), pProducts, tokens, Math.Min(piece, n - c));
                }
                for (int t = 0; t < tokens; t++)
                {
                    fixed (float* x_t = x[t], sums_t = sums[t])
                    {
                        Assert.Equal(dot(w, x_t, sums_t, n), PackedTokens.Product(pProducts + t * PackedTokens.ProductFloats));
                    }
                }
            }
        }
    }

    private static void Plain<TBlock>(byte* blocks, float* y, int n) where TBlock : struct, IBlock
    {
        for (var i = 0; i < n; i += TBlock.Elements, blocks += TBlock.Bytes)
        {
            TBlock.Dequantize(blocks, y + i);
        }
    }

    private static float[] Activations(int n, int seed)
    {
#pragma warning disable RS0030 // The seed is the argument.
        var random = new Random(seed);
#pragma warning restore RS0030
        return [.. Enumerable.Range(0, n).Select(_ => (float)(random.NextDouble() * 2 - 1))];
    }
}
