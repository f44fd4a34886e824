using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Ops;

public sealed class AttentionPoolingTests
{
    /// <summary>T, n, d, m, with a width.</summary>
    public static TheoryData<int, int, int, int, bool> Shapes { get; } = new()
    {
        { 1, 1, 1, 1, false },
        { 5, 12, 1, 1, false },
        { 5, 12, 1, 1, true },
        { 7, 9, 3, 4, true },
        { 3, 20, 6, 2, false },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void The_fast_forward_equals_the_naive_one_in_double(int T, int n, int d, int m, bool learned)
    {
        (double[] x, double[] keys, double[] values, double w) = (Doubles.Random(T * d, 1), Doubles.Random(n * d, 2), Doubles.Random(n * m, 3), learned ? 2.5 : 1);
        using var workers = new Workers(1);
        Tensor f = AttentionPooling.Forward(
            new Pass(workers), new Tensor(x.ToFloats(), 0, T, d), new Tensor(keys.ToFloats(), 0, n, d), new Tensor(values.ToFloats(), 0, n, m), learned ? Width(w) : null);
        Doubles.AssertNear(Naive(x, keys, values, w, d, m), f.Values.ToArray(), 1e-6);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void The_gradients_match_central_differences(int T, int n, int d, int m, bool learned)
    {
        (double[] x, double[] keys, double[] values, double[] w) = (Doubles.Random(T * d, 1), Doubles.Random(n * d, 2), Doubles.Random(n * m, 3), [learned ? 1.5 : 1]);
        double[] δf = Doubles.Random(T * m, 4);
        double Loss() => Doubles.Dot(Naive(x, keys, values, w[0], d, m), δf);

        (float[] δx, float[] δkeys, float[] δvalues) = (new float[T * d], new float[n * d], new float[n * m]);
        Weight? width = learned ? Width(w[0]) : null;
        using var workers = new Workers(1);
        var tape = new Tape();
        Tensor f = AttentionPooling.Forward(
            new Pass(workers, tape), new Tensor(x.ToFloats(), 0, T, d, δx), new Tensor(keys.ToFloats(), 0, n, d, δkeys), new Tensor(values.ToFloats(), 0, n, m, δvalues), width);
        δf.ToFloats().CopyTo(f.Gradient);
        tape.Backward();
        Doubles.AssertNear(Doubles.Derivatives(x, Loss), δx, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(keys, Loss), δkeys, 2e-6);
        Doubles.AssertNear(Doubles.Derivatives(values, Loss), δvalues, 2e-6);
        if (width is not null)
        {
            Doubles.AssertNear(Doubles.Derivatives(w, Loss), width.Gradient!, 4e-6);
        }
    }

    [Fact]
    public void A_narrow_kernel_gives_the_nearest_value_and_a_wide_one_the_mean()
    {
        using var workers = new Workers(1);
        Tensor x = new([2.1f], 0, 1, 1), keys = new([0, 1, 2, 3], 0, 4, 1), values = new([10, 20, 30, 40], 0, 4, 1);
        Assert.Equal(30, AttentionPooling.Forward(new Pass(workers), x, keys, values, Width(100)).Values[0], 1e-4);
        Assert.Equal(25, AttentionPooling.Forward(new Pass(workers), x, keys, values, Width(1e-4)).Values[0], 1e-4);
    }

    [Fact]
    public void For_keys_of_equal_length_it_is_scaled_dot_product_attention()
    {
        const int T = 4, n = 10, d = 8;
        float[] x = Doubles.Random(T * d, 1).ToFloats(), values = Doubles.Random(n * d, 3).ToFloats();
        float[] keys = [.. Doubles.Random(n * d, 2).Chunk(d).SelectMany(key => key.Select(value => (float)(value / Math.Sqrt(key.Sum(v => v * v)))))];
        using var workers = new Workers(1);
        var pass = new Pass(workers);
        (Tensor Q, Tensor K, Tensor V) = (new(x, 0, T, d), new(keys, 0, n, d), new(values, 0, n, d));
        // The width is the inverse of the fourth root of d_k, because it is squared in the exponent.
        Tensor pooled = AttentionPooling.Forward(pass, Q, K, V, Width(Math.Pow(d, -0.25)));
        Tensor attended = Attention.Forward(pass, Q, K, V, new AttentionRule(1, 1, 1 / MathF.Sqrt(d)));
        Doubles.AssertNear(attended.Values.ToArray().ToDoubles(), pooled.Values.ToArray(), 1e-6);
    }

    private static double[] Naive(double[] x, double[] keys, double[] values, double w, int d, int m)
    {
        var f = new double[x.Length / d * m];
        for (int t = 0; t < x.Length / d; t++)
        {
            AttentionPooling.Naive<double>(x.AsSpan(t * d, d), keys, values, w, f.AsSpan(t * m, m));
        }
        return f;
    }

    private static Weight Width(double w)
    {
        Weight width = Weight.Trainable("w", 1, 1);
        width.Values![0] = (float)w;
        return width;
    }
}
