using Engine.Sampling;

namespace Engine.Tests.Sampling;

public sealed class Xoshiro256Tests
{
    // The authors' C code (prng.di.unimi.it, splitmix64.c and xoshiro256starstar.c), compiled with gcc 12, seed 42.
    [Fact]
    public void The_sequence_is_that_of_the_authors_code()
    {
        var random = new Xoshiro256(42);
        Assert.Equal(
            [1546998764402558742UL, 6990951692964543102UL, 12544586762248559009UL, 17057574109182124193UL, 18295552978065317476UL],
            Enumerable.Range(0, 5).Select(_ => random.NextUInt64()));
    }

    [Fact]
    public void A_coin_is_below_one_and_fair()
    {
        var random = new Xoshiro256(1);
        double[] coins = [.. Enumerable.Range(0, 10_000).Select(_ => random.NextCoin())];
        Assert.All(coins, coin => Assert.InRange(coin, 0, 1 - 1e-16));
        Assert.InRange(coins.Average(), 0.49, 0.51); // the mean's standard deviation is 0.003
    }
}
