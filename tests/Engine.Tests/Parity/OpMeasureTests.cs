using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class OpMeasureTests
{
    [Fact]
    public void A_row_of_one_number_that_cancelled_is_measured_by_the_others()
    {
        // An RMS of 1, one number that is a hundredth of it, and an error as sums of floats have.
        float[] b = [.. Enumerable.Repeat(1f, 99), 0.01f], a = [.. b];
        a[99] += 5e-7f;
        Assert.InRange(OpMeasure.Of(a, b, width: 1).WorstElement, 4e-6, 6e-6);
    }

    [Fact]
    public void A_small_row_of_many_numbers_is_measured_by_itself()
    {
        float[] b = [.. Enumerable.Repeat(1f, 9900), .. Enumerable.Repeat(0.01f, 100)], a = [.. b];
        a[9950] += 1e-4f;
        OpMeasure measure = OpMeasure.Of(a, b, width: 100);
        Assert.Equal(0.01, measure.WorstElement, 1e-4);
        Assert.Equal(99, measure.WorstRow);
    }
}
