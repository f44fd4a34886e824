using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

/// <summary>Positions that no query sees, such as padding in a source.</summary>
public sealed class AttentionMaskTests
{
    private const int H = 4, G = 2, Width = 6, Queries = 5, Keys = 7;

    private static readonly bool[] Hidden = [true, false, false, true, false, false, true];

    [Theory, InlineData(false), InlineData(true)]
    public void Hidden_positions_have_no_effect(bool causal)
    {
        float[] Q = Doubles.Random(Queries * H * Width, 1).ToFloats(), K = Doubles.Random(Keys * G * Width, 2).ToFloats(), V = Doubles.Random(Keys * G * Width, 3).ToFloats();
        AttentionRule rule = new(H, G, 0.4f) { Causal = causal, First = Keys - Queries, Hidden = Hidden };
        using var workers = new Workers(2);
        var pass = new Pass(workers);
        (Tensor q, Tensor k, Tensor v) = (new(Q, 0, Queries, H * Width), new(K, 0, Keys, G * Width), new(V, 0, Keys, G * Width));
        float[] o = Attention.Forward(pass, q, k, v, rule).Values.ToArray();
        Tensor p = AttentionSteps.Probabilities(pass, AttentionSteps.Scores(pass, q, k, rule), rule);
        Doubles.AssertNear(o.ToDoubles(), AttentionSteps.Concatenate(pass, AttentionSteps.Sums(pass, p, v, rule), H).Values.ToArray(), 1e-6);
        for (int t = 0; t < Queries; t++)
        {
            // One query at a time, with only the positions that it sees.
            int[] seen = [.. Enumerable.Range(0, causal ? Keys - Queries + t + 1 : Keys).Where(j => !Hidden[j])];
            Tensor alone = Attention.Forward(pass, q.Slice(t, 1), Rows(K, seen), Rows(V, seen), new AttentionRule(H, G, 0.4f));
            Doubles.AssertNear(alone.Values.ToArray().ToDoubles(), o[(t * H * Width)..((t + 1) * H * Width)], 1e-6);
        }
    }

    [Fact]
    public void The_gradient_matches_central_differences_and_is_zero_at_hidden_positions()
    {
        (double[] Q, double[] K, double[] V) = (Doubles.Random(Queries * H * Width, 1), Doubles.Random(Keys * G * Width, 2), Doubles.Random(Keys * G * Width, 3));
        double[] δo = Doubles.Random(Queries * H * Width, 4);
        var rule = new AttentionRule(H, G, 0.4f) { Hidden = Hidden };
        (float[] δQ, float[] δK, float[] δV) = (new float[Q.Length], new float[K.Length], new float[V.Length]);
        using var workers = new Workers(1);
        var tape = new Tape();
        Tensor o = Attention.Forward(
            new Pass(workers, tape), new Tensor(Q.ToFloats(), 0, Queries, H * Width, δQ), new Tensor(K.ToFloats(), 0, Keys, G * Width, δK),
            new Tensor(V.ToFloats(), 0, Keys, G * Width, δV), rule);
        δo.ToFloats().CopyTo(o.Gradient);
        tape.Backward();
        Doubles.AssertNear(Doubles.Derivatives(Q, Loss), δQ, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(K, Loss), δK, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(V, Loss), δV, 2e-6);
        Assert.All(δK.Chunk(G * Width).Where((_, j) => Hidden[j]), row => Assert.All(row, value => Assert.Equal(0, value)));

        double Loss()
        {
            double[] b = [.. Hidden.Select(hidden => hidden ? double.NegativeInfinity : 0)], all = new double[Q.Length];
            for (int at = 0; at < Queries * H; at++)
            {
                int g = at % H / (H / G);
                Attention.Naive(Q.AsSpan(at * Width, Width), Head(K, g), Head(V, g), all.AsSpan(at * Width, Width), 0.4f, b);
            }
            return Doubles.Dot(all, δo);
        }
        static double[] Head(double[] rows, int g) => [.. Enumerable.Range(0, Keys).SelectMany(j => rows[((j * G + g) * Width)..((j * G + g + 1) * Width)])];
    }

    private static Tensor Rows(float[] values, int[] rows) =>
        new([.. rows.SelectMany(j => values[(j * G * Width)..((j + 1) * G * Width)])], 0, rows.Length, G * Width);
}
