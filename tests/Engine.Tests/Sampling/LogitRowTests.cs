using Engine.Sampling;

namespace Engine.Tests.Sampling;

public sealed class LogitRowTests
{
    [Theory]
    [InlineData(new[] { 1f, 3f, 3f, 2f }, 1)]
    [InlineData(new[] { -0f, 0f, -1f }, 0)]
    [InlineData(new[] { 0f, -0f }, 0)]
    [InlineData(new[] { -5f }, 0)]
    public void The_first_of_equal_maxima_is_taken(float[] logits, int expected) => Assert.Equal(expected, LogitRow.ArgMax(logits));

    [Fact]
    public void The_first_of_equal_maxima_is_taken_in_rows_longer_than_a_vector()
    {
        for (int first = 0; first < 70; first++)
        {
            float[] logits = new float[101];
            Array.Fill(logits, -1f);
            logits[first] = logits[first + 16] = logits[100] = 7;
            Assert.Equal(first, LogitRow.ArgMax(logits));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_row_that_is_not_finite_is_refused_with_the_position(float value)
    {
        float[] logits = new float[100];
        logits[77] = value;
        var error = Assert.Throws<NonFiniteLogitsException>(() => LogitRow.RequireFinite(logits));
        Assert.Contains("77", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_logarithm_of_the_sum_is_that_of_decimal_arithmetic()
    {
        // Four terms by hand: ln(e^1 + e^2 + e^3 + e^1000) = 1000; 3 + ln(1 + e^-1 + e^-2).
        Assert.Equal(1000, LogitRow.LogSumExp([1, 2, 3, 1000]), 12);
        Assert.Equal(3.4076059644443806, LogitRow.LogSumExp([1, 2, 3]), 12);
        Assert.Equal(Math.Log(1000) - 4, LogitRow.LogSumExp([.. Enumerable.Repeat(-4f, 1000)]), 12);
    }

    [Fact]
    public void The_most_probable_come_in_order_with_natural_logarithms()
    {
        var top = LogitRow.MostProbable([0, 2, 1, 2], 3);
        Assert.Equal([1, 3, 2], top.Select(t => t.Token));
        double sum = Math.Log(1 + 2 * Math.E * Math.E + Math.E);
        // In double, then rounded to float.
        Assert.Equal(2 - sum, top[0].LogProbability, Math.ScaleB(sum, -24));
        Assert.Equal(1 - sum, top[2].LogProbability, Math.ScaleB(sum, -24));
    }

    [Fact]
    public void No_more_come_than_there_are() => Assert.Equal(2, LogitRow.MostProbable([1, 2], 20).Length);
}
