using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class AttentionTests
{
    [Theory]
    [InlineData(1, 1, 8, 1, 0)]
    [InlineData(4, 4, 16, 5, 0)]
    [InlineData(4, 2, 64, 1, 300)]
    [InlineData(8, 2, 32, 23, 0)]
    [InlineData(8, 1, 16, 9, 40)]
    [InlineData(12, 1, 6, 7, 3)]      // a group larger than a tile, and heads that no vector divides
    [InlineData(3, 1, 24, 10, 2)]
    public void The_fast_forward_equals_the_naive_one_in_double(int H, int G, int d_k, int T, int cached)
    {
        int n = cached + T;
        float[] Q = Doubles.Random(T * H * d_k, 1).ToFloats(), K = Doubles.Random(n * G * d_k, 2).ToFloats(), V = Doubles.Random(n * G * d_k, 3).ToFloats();
        using var workers = new Workers(2);
        Tensor o = Attention.Forward(
            new Pass(workers), new Tensor(Q, 0, T, H * d_k), new Tensor(K, 0, n, G * d_k), new Tensor(V, 0, n, G * d_k), cached, (H, G));
        Doubles.AssertNear(NaiveHeads(Q.ToDoubles(), K.ToDoubles(), V.ToDoubles(), H, G, d_k, cached), o.Values.ToArray(), 1e-6);
    }

    [Fact]
    public void The_gradient_is_what_central_differences_give()
    {
        const int H = 4, G = 2, d_k = 6, T = 3;
        (double[] Q, double[] K, double[] V) = (Doubles.Random(T * H * d_k, 1), Doubles.Random(T * G * d_k, 2), Doubles.Random(T * G * d_k, 3));
        double[] δo = Doubles.Random(T * H * d_k, 4);
        double Loss() => Doubles.Dot(NaiveHeads(Q, K, V, H, G, d_k, 0), δo);

        using var workers = new Workers(1);
        var tape = new Tape();
        (float[] δQ, float[] δK, float[] δV) = (new float[Q.Length], new float[K.Length], new float[V.Length]);
        Tensor o = Attention.Forward(
            new Pass(workers, tape), new Tensor(Q.ToFloats(), 0, T, H * d_k, δQ), new Tensor(K.ToFloats(), 0, T, G * d_k, δK),
            new Tensor(V.ToFloats(), 0, T, G * d_k, δV), 0, (H, G));
        δo.ToFloats().CopyTo(o.Gradient);
        tape.Backward();
        Doubles.AssertNear(Doubles.Derivatives(Q, Loss), δQ, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(K, Loss), δK, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(V, Loss), δV, 2e-6);
    }

    private static double[] NaiveHeads(double[] Q, double[] K, double[] V, int H, int G, int d_k, int cached)
    {
        var o = new double[Q.Length];
        for (int t = 0; t < Q.Length / (H * d_k); t++)
        {
            for (int h = 0; h < H; h++)
            {
                int at = (t * H + h) * d_k, g = h / (H / G);
                Attention.Naive<double>(Q.AsSpan(at, d_k), Head(K, g, cached + t + 1), Head(V, g, cached + t + 1), o.AsSpan(at, d_k));
            }
        }
        return o;

        double[] Head(double[] rows, int g, int n) => [.. Enumerable.Range(0, n).SelectMany(j => rows.AsSpan((j * G + g) * d_k, d_k).ToArray())];
    }
}
