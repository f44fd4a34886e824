using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class DropoutTests
{
    private const int Count = 40_000;

    [Theory]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    [InlineData(0.9f)]
    public void The_rate_gives_the_share_of_dropped_elements_and_the_mean_is_kept(float p)
    {
        float[] x = [.. Enumerable.Repeat(1f, Count)], y = new float[Count];
        Dropout.Forward(x, p, seed: 7, y);
        // Six standard deviations for this many coins.
        double deviation = 6 * Math.Sqrt(p * (1 - p) / Count);
        Assert.Equal(p, y.Count(value => value == 0) / (double)Count, deviation);
        Assert.Equal(1, y.Average(value => (double)value), deviation / (1 - p));
    }

    [Fact]
    public void It_equals_the_naive_twin_on_the_same_coins()
    {
        (double[] x, double[] expected) = (Doubles.Random(100, 1), new double[100]);
        var y = new float[100];
        Dropout.Forward(x.ToFloats(), 0.25f, seed: 3, y);
        Dropout.Naive<double>(x, 0.25, [.. Enumerable.Range(0, 100).Select(i => Dropout.Coin(3, i))], expected);
        Doubles.AssertNear(expected, y, 1e-6);
    }

    [Fact]
    public void Coin_matches_SplitMix64() =>
        // The first two numbers of the published generator from seed 1234567.
        Assert.Equal([6457827717110365317UL >> 11, 3203168211198807973UL >> 11], [(ulong)(Dropout.Coin(1234567, 0) * (1L << 53)), (ulong)(Dropout.Coin(1234567, 1) * (1L << 53))]);

    [Fact]
    public void The_gradient_matches_central_differences()
    {
        (double[] x, double[] δy) = (Doubles.Random(60, 1), Doubles.Random(60, 2));
        const ulong seed = 11;
        using var workers = new Workers(1);
        var tape = new Tape();
        var rule = new DropoutRule(0.3f, seed);
        var δx = new float[60];
        Tensor y = Dropout.Forward(new Pass(workers, tape) { Dropout = rule }, new Tensor(x.ToFloats(), 0, 6, 10, δx));
        δy.ToFloats().CopyTo(y.Gradient);
        tape.Backward();

        ulong drawn = new DropoutRule(0.3f, seed).NextSeed();
        double[] coins = [.. Enumerable.Range(0, 60).Select(i => Dropout.Coin(drawn, i))];
        double Loss()
        {
            var naive = new double[60];
            Dropout.Naive<double>(x, 0.3f, coins, naive);
            return Doubles.Dot(naive, δy);
        }
        Doubles.AssertNear(Doubles.Derivatives(x, Loss), δx, 1e-6);
    }

    [Fact]
    public void One_rule_drops_different_elements_of_each_tensor()
    {
        var rule = new DropoutRule(0.5f, 1);
        Assert.Equal(3, new HashSet<ulong> { rule.NextSeed(), rule.NextSeed(), rule.NextSeed() }.Count);
    }

    [Fact]
    public void Without_a_tape_a_rule_or_a_rate_the_tensor_itself_is_returned()
    {
        using var workers = new Workers(1);
        var values = new float[4];
        var x = new Tensor(values, 0, 2, 2, new float[4]);
        foreach (Pass pass in (Pass[])
            [new Pass(workers) { Dropout = new DropoutRule(0.5f, 1) }, new Pass(workers, new Tape()), new Pass(workers, new Tape()) { Dropout = new DropoutRule(0, 1) }])
        {
            Dropout.Forward(pass, x).Values[0] = 5;
            Assert.Equal(5, values[0]);
            values[0] = 0;
        }
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1f)]
    [InlineData(float.NaN)]
    public void An_invalid_rate_is_refused(float rate) => Assert.Throws<ArgumentOutOfRangeException>(() => new DropoutRule(rate, 1));
}
