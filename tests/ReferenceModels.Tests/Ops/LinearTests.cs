using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Quantization;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Ops;

public class LinearTests
{
    public static TheoryData<GgmlType, int, int, int> Products
    {
        get
        {
            var data = new TheoryData<GgmlType, int, int, int>();
            foreach (var type in BlockFormat.All.Select(format => format.Type))
            {
                foreach (var T in new[] { 1, 2, 5, 8, 13 })
                {
                    data.Add(type, T, 2304, 75);
                    data.Add(type, T, 256, 1);
                }
            }

            foreach (var type in new[] { GgmlType.F32, GgmlType.F16, GgmlType.BF16 })
            {
                foreach (var T in new[] { 1, 4, 9 })
                {
                    data.Add(type, T, 67, 9);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Products))]
    public void A_product_matches_double_precision(GgmlType type, int T, int d_in, int d_out)
    {
        using var weight = new FrozenWeight(type, d_out, d_in);
        float[] x = Numbers.Floats(T * d_in, 7), y = new float[T * d_out];
        double[] W = weight.Doubles(), expected = new double[y.Length], magnitude = new double[y.Length];
        LinearNaive.Forward<double>(W, [], [.. x], expected, d_in, d_out);
        LinearNaive.Forward<double>([.. W.Select(Math.Abs)], [], [.. x.Select(v => (double)Math.Abs(v))], magnitude, d_in, d_out);
        using var workers = new Workers(3);
        Linear.Forward(weight.Weight, x, y, workers);
        for (var k = 0; k < y.Length; k++)
        {
            // The rounding of a few tens of additions in F32, 2^-24 = 6e-8 each.
            Assert.InRange(Math.Abs(y[k] - expected[k]), 0, 1e-6 * magnitude[k]);
        }
    }

    [Fact]
    public void A_few_tokens_have_the_same_products_as_each_alone_to_the_last_bit()
    {
        using var workers = new Workers(2);
        foreach (var type in BlockFormat.All.Select(format => format.Type))
        {
            AssertAsAlone(type, 1280, 75, workers);
        }
        foreach (var type in new[] { GgmlType.F32, GgmlType.F16, GgmlType.BF16 })
        {
            AssertAsAlone(type, 67, 9, workers);
        }
    }

    private static void AssertAsAlone(GgmlType type, int d_in, int d_out, Workers workers)
    {
        using var weight = new FrozenWeight(type, d_out, d_in);
        for (int T = 2; T <= Linear.FewTokens; T++)
        {
            float[] x = Numbers.Floats(T * d_in, 3), together = new float[T * d_out], alone = new float[d_out];
            Linear.Forward(weight.Weight, x, together, workers);
            for (var t = 0; t < T; t++)
            {
                Linear.Forward(weight.Weight, x.AsSpan(t * d_in, d_in), alone, workers);
                Assert.Equal(alone, together.AsSpan(t * d_out, d_out).ToArray());
            }
        }
    }

    [Fact]
    public unsafe void A_half_that_is_not_finite_makes_the_product_so_and_no_other()
    {
        const int d_in = 70;
        Half[] W = [.. Enumerable.Repeat(Half.One, 3 * d_in)];
        (W[5], W[d_in + 69]) = (Half.PositiveInfinity, Half.NaN);
        using var workers = new Workers(2);
        fixed (Half* data = W)
        {
            Weight weight = Weight.Frozen("w", GgmlType.F16, 3, d_in, (byte*)data);
            foreach (int T in new[] { 1, 3, 8, 9 })
            {
                float[] x = new float[T * d_in], y = new float[T * 3];
                x.AsSpan().Fill(2);
                Linear.Forward(weight, x, y, workers);
                Assert.Equal(Enumerable.Repeat(new[] { float.PositiveInfinity, float.NaN, 2 * d_in }, T).SelectMany(row => row), y);
            }
        }
    }

    [Fact]
    public unsafe void A_row_has_the_same_bits_beside_one_that_is_not_finite()
    {
        const int d_in = 70, rows = 7;
        Half[] W = [.. Numbers.Floats(rows * d_in, 1).Select(w => (Half)w)];
        float[] x = Numbers.Floats(d_in, 2), beside = new float[rows], alone = new float[rows];
        using var workers = new Workers(2);
        fixed (Half* data = W)
        {
            Weight weight = Weight.Frozen("w", GgmlType.F16, rows, d_in, (byte*)data);
            Linear.Forward(weight, x, alone, workers);
            W[2 * d_in + 3] = Half.NaN;
            Linear.Forward(weight, x, beside, workers);
        }
        alone[2] = float.NaN;
        Assert.Equal(alone, beside);
    }

    // More tokens than are multiplied at once (512, or fewer if rows are long), and the last of them, which are in other panels and places there.
    [Theory, InlineData(GgmlType.Q4_K, 512, 530), InlineData(GgmlType.Q8_0, 512, 530), InlineData(GgmlType.F32, 512, 530), InlineData(GgmlType.Q4_K, 16_384, 140)]
    public void Among_many_tokens_their_number_changes_no_bit_of_any(GgmlType type, int d_in, int longer)
    {
        const int T = 20;
        int first = longer - T;
        using var workers = new Workers(2);
        using var weight = new FrozenWeight(type, 37, d_in);
        float[] x = Numbers.Floats(longer * d_in, 3), many = new float[longer * 37], few = new float[T * 37];
        Linear.Forward(weight.Weight, x, many, workers);
        Linear.Forward(weight.Weight, x.AsSpan(first * d_in, T * d_in), few, workers);
        Assert.Equal(few, many.AsSpan(first * 37, T * 37).ToArray());
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using var weight = new FrozenWeight(GgmlType.Q4_K, 300, 512);
        foreach (var T in new[] { 1, 9 })
        {
            float[] x = Numbers.Floats(T * 512, 3), alone = new float[T * 300], together = new float[T * 300];
            using var one = new Workers(1);
            using var four = new Workers(4);
            Linear.Forward(weight.Weight, x, alone, one);
            Linear.Forward(weight.Weight, x, together, four);
            Assert.Equal(alone, together);
        }
    }

    [Theory, InlineData(GgmlType.F32), InlineData(GgmlType.Q6_K)]
    public void The_gradient_of_the_input_matches_double_precision(GgmlType type)
    {
        const int T = 5, d_in = 512, d_out = 37;
        using var weight = new FrozenWeight(type, d_out, d_in);
        using var workers = new Workers(2);
        float[] dy = Numbers.Floats(T * d_out, 1), dx = Numbers.Floats(T * d_in, 2);
        double[] W = weight.Doubles(), expected = [.. dx], magnitude = new double[dx.Length];
        LinearNaive.BackwardInput<double>(W, [.. dy], expected, d_in, d_out);
        LinearNaive.BackwardInput<double>([.. W.Select(Math.Abs)], [.. dy.Select(v => (double)Math.Abs(v))], magnitude, d_in, d_out);
        Linear.BackwardInput(weight.Weight, dy, dx, workers);
        for (var k = 0; k < dx.Length; k++)
        {
            Assert.InRange(Math.Abs(dx[k] - expected[k]), 0, 1e-6 * (magnitude[k] + 1));
        }
    }

    [Fact]
    public void The_gradient_of_a_trainable_weight_matches_double_precision_and_accumulates()
    {
        const int T = 5, d_in = 131, d_out = 37;
        var weight = Weight.Trainable("w", d_out, d_in);
        using var workers = new Workers(2);
        float[] dy = Numbers.Floats(T * d_out, 1), x = Numbers.Floats(T * d_in, 2);
        var expected = new double[d_out * d_in];
        for (var pass = 0; pass < 2; pass++)
        {
            LinearNaive.BackwardWeight<double>([.. dy], [.. x], expected, d_in, d_out);
            Linear.BackwardWeight(weight, dy, x, weight.Gradient, workers);
        }
        Numbers.AssertClose(expected, weight.Gradient!, 1e-5);
    }

    [Fact]
    public void Gradients_in_double_match_central_differences()
    {
        const int T = 3, d_in = 5, d_out = 4;
        double[] W = Numbers.Doubles(d_out * d_in, 1), b = Numbers.Doubles(d_out, 2), x = Numbers.Doubles(T * d_in, 3), dy = Numbers.Doubles(T * d_out, 4);
        double[] dW = new double[W.Length], db = new double[b.Length], dx = new double[x.Length];
        LinearNaive.BackwardInput<double>(W, dy, dx, d_in, d_out);
        LinearNaive.BackwardWeight<double>(dy, x, dW, d_in, d_out);
        LinearNaive.BackwardBias<double>(dy, db);
        Numbers.AssertClose(Numbers.Differences(W, Loss), dW, 1e-9);
        Numbers.AssertClose(Numbers.Differences(b, Loss), db, 1e-9);
        Numbers.AssertClose(Numbers.Differences(x, Loss), dx, 1e-9);

        // A loss whose gradient by y is dy.
        double Loss()
        {
            var y = new double[T * d_out];
            LinearNaive.Forward<double>(W, b, x, y, d_in, d_out);
            return y.Zip(dy, (p, q) => p * q).Sum();
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_by_name()
    {
        using var weight = new FrozenWeight(GgmlType.F32, 3, 4);
        using var workers = new Workers(1);
        var e = Assert.Throws<ArgumentException>(() => Linear.Forward(weight.Weight, new float[8], new float[5], workers));
        Assert.Contains("'w' (out 3, in 4)", e.Message, StringComparison.Ordinal);
    }
}
