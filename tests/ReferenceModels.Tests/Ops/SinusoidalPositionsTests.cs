using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed class SinusoidalPositionsTests
{
    [Theory]
    [InlineData(1, 3)]
    [InlineData(7, 40)]
    [InlineData(512, 0)]
    [InlineData(512, 100_000)]
    public void The_fast_forward_equals_the_naive_one_in_double(int d, int position)
    {
        float[] x = Doubles.Random(d, 1).ToFloats(), y = new float[d];
        var expected = new double[d];
        SinusoidalPositions.Forward(x, position, y);
        SinusoidalPositions.Naive<double>(x.ToDoubles(), position, expected);
        Doubles.AssertNear(expected, y, 2e-7);
    }

    [Fact]
    public void Position_0_is_zeros_and_ones_and_position_1_begins_with_the_sine_of_1()
    {
        (float[] first, float[] second) = (new float[4], new float[4]);
        SinusoidalPositions.Forward(new float[4], 0, first);
        SinusoidalPositions.Forward(new float[4], 1, second);
        Assert.Equal([0, 1, 0, 1], first);
        Assert.Equal(0.84147098, second[0], 1e-7);    // sin 1
        Assert.Equal(0.54030231, second[1], 1e-7);    // cos 1
        Assert.Equal(0.00999983, second[2], 1e-7);    // sin 1/100
    }

    [Fact]
    public void The_gradient_passes_unchanged_and_rows_count_on_from_the_first()
    {
        using var workers = new Workers(1);
        var tape = new Tape();
        float[] x = Doubles.Random(15, 1).ToFloats(), δx = new float[15], row = new float[5];
        Tensor y = SinusoidalPositions.Forward(new Pass(workers, tape), new Tensor(x, 0, 3, 5, δx), first: 9);
        SinusoidalPositions.Forward(x.AsSpan(10), 11, row);
        Assert.Equal(row, y.Row(2).ToArray());
        float[] δy = Doubles.Random(15, 2).ToFloats();
        δy.CopyTo(y.Gradient);
        tape.Backward();
        Assert.Equal(δy, δx);
    }
}
