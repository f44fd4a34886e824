using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class AttentionTests
{
    private const int Seed = 5;

    public static TheoryData<int, int, int, int, int, bool, bool> Shapes { get; } = new()
    {
        // H, G, d_k, T, positions before, causal, with a bias
        { 1, 1, 8, 1, 0, true, false },
        { 4, 4, 16, 5, 0, true, true },
        { 4, 2, 64, 1, 300, true, false },
        { 8, 2, 32, 23, 0, true, false },
        { 8, 1, 16, 9, 40, true, true },
        { 12, 1, 6, 7, 3, true, false },     // a group larger than a tile, and a head size that is not a multiple of a vector
        { 3, 1, 24, 10, 2, true, false },
        { 4, 4, 16, 21, 0, false, false },
        { 6, 6, 10, 5, 12, false, true },    // fewer queries than positions, as in cross-attention
    };

    [Theory, MemberData(nameof(Shapes))]
    public void The_fast_forward_and_the_steps_equal_the_naive_one_in_double(int H, int G, int d_k, int T, int before, bool causal, bool biased)
    {
        int n = before + T;
        float[] Q = Doubles.Random(T * H * d_k, 1).ToFloats(), K = Doubles.Random(n * G * d_k, 2).ToFloats(), V = Doubles.Random(n * G * d_k, 3).ToFloats();
        float[] b = biased ? Doubles.Random(H * T * n, Seed).ToFloats() : [];
        var rule = new AttentionRule(H, G, 0.3f) { Causal = causal, First = causal ? before : 0, Bias = biased ? new Tensor(b, 0, H * T, n) : null };
        (Tensor q, Tensor k, Tensor v) = (new(Q, 0, T, H * d_k), new(K, 0, n, G * d_k), new(V, 0, n, G * d_k));
        using var workers = new Workers(2);
        var pass = new Pass(workers);
        double[] expected = NaiveHeads(Q.ToDoubles(), K.ToDoubles(), V.ToDoubles(), b.ToDoubles(), rule, d_k);

        Doubles.AssertNear(expected, Attention.Forward(pass, q, k, v, rule).Values.ToArray(), 1e-6);

        Tensor s = AttentionSteps.Scores(pass, q, k, rule);
        for (int row = 0; row < H * T && biased; row++)
        {
            // The steps expect the bias in the scores before these are scaled.
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(b.AsSpan(row * n, n), 1 / rule.Scale, s.Row(row), s.Row(row));
        }
        Tensor a = AttentionSteps.Sums(pass, AttentionSteps.Probabilities(pass, s, rule), v, rule);
        Doubles.AssertNear(expected, AttentionSteps.Concatenate(pass, a, H).Values.ToArray(), 1e-6);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void In_parallel_and_in_pages_the_result_is_the_same_to_the_last_bit(int H, int G, int d_k, int T, int before, bool causal, bool biased)
    {
        (int n, int q, int kv, int longer) = (before + T, H * d_k, G * d_k, before + 3 * T);
        using var workers = new Workers(2);
        var pass = new Pass(workers);
        Tensor Q = Rows(T, q, 1), K = Rows(n, kv, 2), V = Rows(n, kv, 3), others = Rows(T, q, 4), K_o = Rows(longer, kv, 5), V_o = Rows(longer, kv, 6);
        var rule = new AttentionRule(H, G, 0.3f) { Causal = causal, First = causal ? before : 0, Bias = biased ? Rows(H * T, longer, 7) : null };
        float[] alone = Attention.Forward(pass, Q, K, V, rule).Values.ToArray();

        Tensor o = Attention.Forward(pass,
        [
            new AttentionPart(others, K_o, V_o, rule),
            new AttentionPart(Q, Paged(K), Paged(V), rule),
            new AttentionPart(others.Slice(0, 0), K_o, V_o, rule),
            new AttentionPart(others, Paged(K_o), V_o, rule),
        ]);

        Assert.Equal(alone, o.Slice(T, T).Values.ToArray());
        Assert.Equal(Attention.Forward(pass, others, K_o, V_o, rule).Values.ToArray(), o.Slice(0, T).Values.ToArray());
        Assert.Equal(o.Slice(0, T).Values.ToArray(), o.Slice(2 * T, T).Values.ToArray());

        static Tensor Rows(int rows, int columns, int seed) => new(Doubles.Random(rows * columns, seed).ToFloats(), 0, rows, columns);
    }

    // In pages of six rows, where they begin after other floats.
    private static PagedRows Paged(Tensor x)
    {
        const int pageRows = 6, offset = 5;
        var pages = new List<Page>();
        for (int row = 0; row < x.Rows; row += pageRows)
        {
            pages.Add(new Page(offset + pageRows * x.Columns));
            Array.Fill(pages[^1].Values, float.NaN);
            x.Slice(row, Math.Min(pageRows, x.Rows - row)).Values.CopyTo(pages[^1].Values.AsSpan(offset));
        }
        return new PagedRows(pages, offset, pageRows, x.Rows, x.Columns);
    }

    [Theory]
    [InlineData(true, 3, 6)]
    [InlineData(false, 3, 6)]
    [InlineData(true, 50, 2)]   // two tiles of queries
    public void The_gradient_matches_central_differences(bool causal, int T, int d_k)
    {
        const int H = 4, G = 2;
        (double[] Q, double[] K, double[] V) = (Doubles.Random(T * H * d_k, 1), Doubles.Random(T * G * d_k, 2), Doubles.Random(T * G * d_k, 3));
        (double[] δo, double[] b) = (Doubles.Random(T * H * d_k, 4), Doubles.Random(H * T * T, Seed));
        var rule = new AttentionRule(H, G, 0.4f) { Causal = causal };
        double Loss() => Doubles.Dot(NaiveHeads(Q, K, V, b, rule, d_k), δo);

        using var workers = new Workers(1);
        var tape = new Tape();
        (float[] δQ, float[] δK, float[] δV, float[] δb) = (new float[Q.Length], new float[K.Length], new float[V.Length], new float[b.Length]);
        Tensor o = Attention.Forward(
            new Pass(workers, tape), new Tensor(Q.ToFloats(), 0, T, H * d_k, δQ), new Tensor(K.ToFloats(), 0, T, G * d_k, δK),
            new Tensor(V.ToFloats(), 0, T, G * d_k, δV), rule with { Bias = new Tensor(b.ToFloats(), 0, H * T, T, δb) });
        δo.ToFloats().CopyTo(o.Gradient);
        tape.Backward();
        Doubles.AssertNear(Doubles.Derivatives(Q, Loss), δQ, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(K, Loss), δK, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(V, Loss), δV, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(b, Loss), δb, 2e-6);
    }

    private static double[] NaiveHeads(double[] Q, double[] K, double[] V, double[] b, AttentionRule rule, int d_k)
    {
        (int H, int G) = (rule.H, rule.G);
        (int T, int n) = (Q.Length / (H * d_k), K.Length / (G * d_k));
        var o = new double[Q.Length];
        double[][] keys = Heads(K), values = Heads(V);
        for (int t = 0; t < T; t++)
        {
            for (int h = 0; h < H; h++)
            {
                int at = (t * H + h) * d_k, g = h / (H / G), seen = rule.Causal ? rule.First + t + 1 : n;
                ReadOnlySpan<double> bias = b.Length == 0 ? [] : b.AsSpan((h * T + t) * n, seen);
                Attention.Naive(Q.AsSpan(at, d_k), keys[g].AsSpan(0, seen * d_k), values[g].AsSpan(0, seen * d_k), o.AsSpan(at, d_k), (double)rule.Scale, bias);
            }
        }
        return o;

        // Computed once for all queries: the derivatives take 10,000 losses.
        double[][] Heads(double[] rows)
        {
            var heads = new double[G][];
            for (int g = 0; g < G; g++)
            {
                heads[g] = new double[n * d_k];
                for (int j = 0; j < n; j++)
                {
                    rows.AsSpan((j * G + g) * d_k, d_k).CopyTo(heads[g].AsSpan(j * d_k));
                }
            }
            return heads;
        }
    }
}
