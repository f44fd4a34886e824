using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class AttentionDropoutTests
{
    private const int H = 4, G = 2, Size = 6, T = 5;

    private static readonly AttentionRule Rule = new(H, G, 0.4f) { Causal = true, Drops = true };

    [Fact]
    public void The_gradient_matches_central_differences_with_the_same_dropout()
    {
        (double[] Q, double[] K, double[] V) = (Doubles.Random(T * H * Size, 1), Doubles.Random(T * G * Size, 2), Doubles.Random(T * G * Size, 3));
        double[] b = Doubles.Random(H * T * T, 4), δo = Doubles.Random(T * H * Size, 5);
        (float[] o, float[] δQ, float[] δK, float[] δV, float[] δb) = Run(Q, K, V, b, δo, 0.3f);

        Doubles.AssertNear(Naive(Q, K, V, b, 0.3), o, 1e-6);
        double Loss() => Doubles.Dot(Naive(Q, K, V, b, 0.3), δo);
        Doubles.AssertNear(Doubles.Derivatives(Q, Loss), δQ, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(K, Loss), δK, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(V, Loss), δV, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(b, Loss), δb, 2e-6);
    }

    private static (float[] o, float[] δQ, float[] δK, float[] δV, float[] δb) Run(double[] Q, double[] K, double[] V, double[] b, double[] δo, float rate)
    {
        using var workers = new Workers(2);
        var tape = new Tape();
        (float[] δQ, float[] δK, float[] δV, float[] δb) = (new float[Q.Length], new float[K.Length], new float[V.Length], new float[b.Length]);
        Tensor o = AttentionDropout.Forward(
            new Pass(workers, tape) { Dropout = new DropoutRule(rate, 9) }, new Tensor(Q.ToFloats(), 0, T, H * Size, δQ),
            new Tensor(K.ToFloats(), 0, T, G * Size, δK), new Tensor(V.ToFloats(), 0, T, G * Size, δV),
            Rule with { Bias = new Tensor(b.ToFloats(), 0, H * T, T, δb) });
        δo.ToFloats().CopyTo(o.Gradient);
        tape.Backward();
        return (o.Values.ToArray(), δQ, δK, δV, δb);
    }

    // Softmax, drop, sum, with the coins at their documented indices.
    private static double[] Naive(double[] Q, double[] K, double[] V, double[] b, double rate)
    {
        ulong seed = new DropoutRule((float)rate, 9).NextSeed();
        var o = new double[Q.Length];
        for (int t = 0; t < T; t++)
        {
            for (int h = 0; h < H; h++)
            {
                (int head, int g) = (h, h / (H / G));
                double[] p = [.. Enumerable.Range(0, t + 1).Select(j => 0.4f * Enumerable.Range(0, Size)
                    .Sum(i => Q[(t * H + head) * Size + i] * K[(j * G + g) * Size + i]) + b[(head * T + t) * T + j])];
                Softmax.Naive<double>(p);
                for (int j = 0; j <= t; j++)
                {
                    double kept = Dropout.Coin(seed, (h * T + t) * T + j) < (float)rate ? 0 : 1 / (1.0 - (float)rate);
                    for (int i = 0; i < Size; i++)
                    {
                        o[(t * H + h) * Size + i] += p[j] * kept * V[(j * G + g) * Size + i];
                    }
                }
            }
        }
        return o;
    }
}
