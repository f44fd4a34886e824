using Engine.Sampling;

namespace Engine.Tests.Sampling;

public sealed class LargestLogitsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(64, 8)]
    [InlineData(1001, 40)]
    [InlineData(1001, 1001)]
    [InlineData(5000, 1)]
    public void The_choice_is_that_of_a_stable_sort(int vocabulary, int k)
    {
        var random = new Xoshiro256((ulong)vocabulary);
        // Few distinct values make many ties; both zeros are among them.
        float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => MathF.Round((float)random.NextCoin() * 40) - 20)];
        logits[vocabulary / 2] = -0f;
        ulong[] keys = new ulong[k];
        LargestLogits.Select(logits, keys);
        Assert.Equal(
            Enumerable.Range(0, vocabulary).OrderByDescending(t => logits[t] + 0f).Take(k),
            keys.Select(LargestLogits.TokenOf));
    }
}
