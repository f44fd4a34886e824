using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Ops;

public sealed class RelativePositionBiasTests
{
    /// <summary>Buckets, T, n, first, bidirectional.</summary>
    public static TheoryData<int, int, int, int, bool> Shapes { get; } = new()
    {
        { 32, 1, 1, 0, true },
        { 32, 300, 300, 0, true },
        { 32, 40, 200, 160, false },
        { 32, 1, 500, 499, false },
        { 7, 12, 12, 0, false },
        { 4, 9, 9, 0, true },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void The_bias_is_that_of_the_naive_twin_in_double(int buckets, int T, int n, int first, bool bidirectional)
    {
        const int H = 3;
        Weight B = Table(buckets, H);
        using var workers = new Workers(1);
        Tensor b = RelativePositionBias.Forward(new Pass(workers), B, T, n, first, bidirectional);
        var expected = new double[H * T * n];
        RelativePositionBias.Naive<double>(B.Values!.ToDoubles(), H, T, first, bidirectional, expected);
        Assert.Equal(expected, b.Values.ToArray().ToDoubles());
    }

    [Fact]
    public void Every_distance_falls_into_the_bucket_of_the_formula_in_double()
    {
        for (int buckets = 4; buckets < 256; buckets++)
        {
            for (int distance = -700; distance <= 700; distance++)
            {
                Assert.Equal(RelativePositionBias.NaiveBucket<double>(distance, buckets, true), RelativePositionBias.Bucket(distance, buckets, true));
                Assert.Equal(RelativePositionBias.NaiveBucket<double>(distance, buckets, false), RelativePositionBias.Bucket(distance, buckets, false));
            }
        }
    }

    [Theory]
    // T5's 32 buckets by hand: 16 for each side, 8 of them exact, the others in steps of 16^(1/8) from 8 to 128.
    [InlineData(0, true, 0)]
    [InlineData(-7, true, 7)]
    [InlineData(7, true, 23)]
    [InlineData(-8, true, 8)]
    [InlineData(-12, true, 9)]
    [InlineData(-32, true, 12)]
    [InlineData(-91, true, 15)]
    [InlineData(-90, true, 14)]
    [InlineData(10_000, true, 31)]
    [InlineData(5, false, 0)]
    [InlineData(-15, false, 15)]
    [InlineData(-16, false, 16)]
    [InlineData(-127, false, 31)]
    [InlineData(-100_000, false, 31)]
    public void Buckets_of_T5_are_those_of_the_paper(int distance, bool bidirectional, int bucket) =>
        Assert.Equal(bucket, RelativePositionBias.Bucket(distance, 32, bidirectional));

    [Theory, InlineData(true), InlineData(false)]
    public void The_gradient_matches_central_differences(bool bidirectional)
    {
        const int H = 2, buckets = 8, T = 5, n = 9, first = 4;
        Weight B = Table(buckets, H);
        (double[] values, double[] δb) = (B.Values!.ToDoubles(), Doubles.Random(H * T * n, 5));
        double Loss()
        {
            var b = new double[H * T * n];
            RelativePositionBias.Naive<double>(values, H, T, first, bidirectional, b);
            return Doubles.Dot(b, δb);
        }
        using var workers = new Workers(1);
        var tape = new Tape();
        Tensor bias = RelativePositionBias.Forward(new Pass(workers, tape), B, T, n, first, bidirectional);
        δb.ToFloats().CopyTo(bias.Gradient);
        tape.Backward();
        Doubles.AssertNear(Doubles.Derivatives(values, Loss), B.Gradient!, 2e-6);
    }

    private static Weight Table(int buckets, int H)
    {
        Weight B = Weight.Trainable("attn_rel_b", buckets, H);
        Doubles.Random(buckets * H, 1).ToFloats().CopyTo(B.Values!, 0);
        return B;
    }
}
