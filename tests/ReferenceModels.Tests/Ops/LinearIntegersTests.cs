using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Quantization;

namespace ReferenceModels.Tests.Ops;

/// <summary>Products with activations of 8 bits, judged by their definition in double: rounded activations times the weight's elements. Without AVX2 there are no
/// integer kernels, and the same holds for the products in floats.</summary>
public class LinearIntegersTests
{
    // Not a multiple of a panel's eight rows.
    private const int Rows = 21;

    public static TheoryData<GgmlType> Types => [.. BlockFormat.All.Where(format => format.Activations is ActivationFormat.Q8_0 or ActivationFormat.Q8_K).Select(format => format.Type)];

    [Theory, MemberData(nameof(Types))]
    public void A_product_is_what_its_definition_says(GgmlType type)
    {
        // With blocks of 32, half a panel is left at the end.
        int columns = BlockFormat.Of(type, "w").Elements == 256 ? 512 : 384;
        using var weight = new FrozenWeight(type, Rows, columns);
        foreach (int T in new[] { 1, 2, 3, 4, 5, 8, 9, 13, 70 })
        {
            float[] x = [.. Numbers.Doubles(T * columns, T).Select(v => (float)v)];
            AssertEqualsDefinition(weight, x, T);
        }
    }

    [Theory, InlineData(GgmlType.Q4_K), InlineData(GgmlType.Q5_K), InlineData(GgmlType.Q6_K), InlineData(GgmlType.Q8_0), InlineData(GgmlType.Q4_0), InlineData(GgmlType.Q3_K)]
    public void The_largest_integers_on_both_sides_do_not_overflow(GgmlType type)
    {
        const int columns = 512, T = 12;
        using var weight = new FrozenWeight(type, Rows, columns);
        foreach (byte bits in new byte[] { 0xFF, 0x80, 0x7F })
        {
            FillBlocks(weight, bits);
            foreach (float sign in new[] { 1f, -1f })
            {
                // Every activation is the largest of its block, so all become 127 or -127.
                AssertEqualsDefinition(weight, [.. Enumerable.Repeat(sign, columns)], 1);
                AssertEqualsDefinition(weight, [.. Enumerable.Repeat(sign, T * columns)], T);
            }
        }
    }

    [Theory, InlineData(GgmlType.Q4_K), InlineData(GgmlType.Q5_K), InlineData(GgmlType.Q6_K)]
    public void A_token_gets_the_same_bits_alone_and_among_others(GgmlType type)
    {
        const int columns = 9216; // more than the blocks that a row's sums are kept of
        using var weight = new FrozenWeight(type, Rows, columns);
        using var workers = new Workers(2);
        float[] x = [.. Numbers.Doubles(13 * columns, 5).Select(v => (float)v)], alone = new float[Rows];
        int[] counts = weight.Weight.Format.Integers is null ? [2, 4, Linear.FewTokens] : [2, 4, 7, 13];
        foreach (int T in counts)
        {
            float[] together = new float[T * Rows];
            Linear.Forward(Arithmetic.Ggml, weight.Weight, x.AsSpan(0, T * columns), together, workers);
            for (int t = 0; t < T; t++)
            {
                Linear.Forward(Arithmetic.Ggml, weight.Weight, x.AsSpan(t * columns, columns), alone, workers);
                Assert.Equal(alone, together[(t * Rows)..((t + 1) * Rows)]);
            }
        }
    }

    // All bits of a block alike, except for its floating-point numbers, which FrozenWeight has made finite.
    private static void FillBlocks(FrozenWeight weight, byte bits)
    {
        BlockFormat format = weight.Weight.Format;
        (int first, int count) = weight.Weight.Type switch
        {
            GgmlType.Q4_K or GgmlType.Q5_K => (4, format.Bytes - 4),
            GgmlType.Q6_K => (0, 208),
            GgmlType.Q3_K => (0, 108),
            _ => (2, format.Bytes - 2),
        };
        for (int at = 0; at < weight.Blocks.Length; at += format.Bytes)
        {
            weight.Blocks.AsSpan(at + first, count).Fill(bits);
        }
    }

    private static void AssertEqualsDefinition(FrozenWeight weight, float[] x, int T)
    {
        int columns = weight.Weight.Columns;
        using var workers = new Workers(2);
        float[] y = new float[T * Rows], rounded = new float[x.Length];
        Linear.Forward(GgmlBuild.Current, weight.Weight, x, y, workers);
        ActivationRounding.Round(GgmlBuild.Current, weight.Weight.Format.Activations, x, rounded, []);
        double[] W = weight.Doubles(), x̂ = [.. rounded.Select(v => (double)v)], expected = new double[y.Length], sizes = new double[y.Length];
        LinearNaive.Forward<double>(W, [], x̂, expected, columns, Rows);
        LinearNaive.Forward<double>([.. W.Select(Math.Abs)], [], [.. x̂.Select(Math.Abs)], sizes, columns, Rows);
        for (int i = 0; i < y.Length; i++)
        {
            // At most 24 additions, in floats one for each column, each of which rounds by 2^-24 of the sum so far, and a few roundings of scales and elements.
            double tolerance = sizes[i] * (weight.Weight.Format.Integers is null ? columns : 64) / (1 << 24);
            Assert.True(Math.Abs(y[i] - expected[i]) <= tolerance, $"{weight.Weight.Type}, {T} tokens, element {i}: expected {expected[i]}, found {y[i]}, tolerance {tolerance}");
        }
    }
}
