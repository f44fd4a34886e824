using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class RopeTests
{
    private const int Size = 12; // a whole vector of pairs and a remainder

    [Theory]
    [InlineData(0, nameof(RopePairs.Neighbours))]
    [InlineData(1, nameof(RopePairs.Halves))]
    [InlineData(4097, nameof(RopePairs.Neighbours))]
    [InlineData(4097, nameof(RopePairs.Halves))]
    [InlineData(1_000_003, nameof(RopePairs.Neighbours))]
    public void The_fast_rotation_equals_the_naive_one_in_double_at_any_position(int position, string name)
    {
        RopePairs pairs = Enum.Parse<RopePairs>(name);
        float[] x = Doubles.Random(2 * Size, 1).ToFloats(), y = new float[2 * Size];
        Rope.Turn(x, Turns(position, RopeScaling.None, [], pairs), y, new RopeHeads(Size, Size, pairs));
        var expected = new double[2 * Size];
        for (int head = 0; head < 2; head++)
        {
            Rope.Naive<double>(x.ToDoubles().AsSpan(head * Size, Size), position, 10_000, expected.AsSpan(head * Size, Size), pairs);
        }
        Doubles.AssertNear(expected, y, 3e-7);
    }

    [Fact]
    public void Linear_scaling_divides_the_position()
    {
        float[] scaled = Turns(40, new RopeScaling(RopeScalingKind.Linear, 4, 0), []);
        Assert.Equal(Turns(10, RopeScaling.None, []), scaled);
    }

    [Fact]
    public void A_factor_divides_the_frequency_of_its_own_pair()
    {
        float[] plain = Turns(6, RopeScaling.None, []), halved = Turns(12, RopeScaling.None, [1, 2, 1, 1, 1, 1]);
        Assert.Equal(plain[2..4], halved[2..4]);
        Assert.NotEqual(plain[4..6], halved[4..6]);
    }

    [Fact]
    public void Yarn_keeps_high_frequencies_divides_low_ones_and_scales_all_magnitudes()
    {
        const float s = 8;
        var yarn = new RopeScaling(RopeScalingKind.Yarn, s, 4096);
        double length = 0.1 * Math.Log(s) + 1;
        float[] turns = Yarn(yarn), plain = Yarn(RopeScaling.None), divided = Yarn(new RopeScaling(RopeScalingKind.Linear, s, 0));
        Doubles.AssertNear([plain[0] * length, plain[1] * length], turns[..2], 1e-6);
        Doubles.AssertNear([divided[^2] * length, divided[^1] * length], turns[^2..], 1e-6);

        static float[] Yarn(RopeScaling scaling)
        {
            var turns = new float[128];
            new RopeAngles(128, 10_000, scaling, [], RopePairs.Neighbours).Fill([3], new Tensor(turns, 0, 1, 128));
            return turns;
        }
    }

    [Theory]
    [InlineData(nameof(RopePairs.Neighbours))]
    [InlineData(nameof(RopePairs.Halves))]
    public void Elements_after_the_rotated_ones_are_unchanged_and_so_are_their_gradients(string name)
    {
        var heads = new RopeHeads(Size + 5, Size, Enum.Parse<RopePairs>(name));
        float[] x = Doubles.Random(2 * heads.Size, 1).ToFloats(), y = new float[x.Length], δx = new float[x.Length];
        float[] turns = Turns(7, RopeScaling.None, [], heads.Pairs), whole = new float[Size];
        Rope.Turn(x, turns, y, heads);
        Rope.Turn(x.AsSpan(heads.Size, Size), turns, whole, heads with { Size = Size });
        Assert.Equal([.. whole, .. x[^5..]], y[heads.Size..]);
        Rope.Gradient(turns, y, δx, heads);
        Doubles.AssertNear(x.ToDoubles(), δx, 1e-6); // the transpose of a rotation rotates back
    }

    [Theory]
    [InlineData(nameof(RopePairs.Neighbours))]
    [InlineData(nameof(RopePairs.Halves))]
    public void The_gradient_matches_central_differences(string name)
    {
        RopePairs pairs = Enum.Parse<RopePairs>(name);
        double[] x = Doubles.Random(Size, 1), δy = Doubles.Random(Size, 2);
        double[] expected = Doubles.Derivatives(x, () =>
        {
            var y = new double[Size];
            Rope.Naive<double>(x, 5, 10_000, y, pairs);
            return Doubles.Dot(y, δy);
        });
        var δx = new float[Size];
        Rope.Gradient(Turns(5, RopeScaling.None, [], pairs), δy.ToFloats(), δx, new RopeHeads(Size, Size, pairs));
        Doubles.AssertNear(expected, δx, 1e-6);
    }

    private static float[] Turns(int position, RopeScaling scaling, float[] factors, RopePairs pairs = RopePairs.Neighbours)
    {
        var turns = new float[Size];
        new RopeAngles(Size, 10_000, scaling, factors, pairs).Fill([position], new Tensor(turns, 0, 1, Size));
        return turns;
    }
}
