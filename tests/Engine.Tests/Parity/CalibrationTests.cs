using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class CalibrationTests
{
    [Fact]
    public void The_tolerance_is_four_times_the_largest_distance_that_counts()
    {
        Tolerance tolerance = Sample().ToTolerance(Arithmetic.Exact)!;
        Assert.Equal((ParityMetric.Nmse, 4 * 3e-5, 4 * 5e-5), (tolerance.Metric, tolerance.Limit, tolerance.RowLimit));
        Assert.Equal(4 * 0.02, tolerance.LogitLimit);
        Assert.Equal(
            "Calibrated on this machine on 2026-03-04: 3 right engines were at most 3e-5 apart over 8 sequences of up to 101 tokens; times 4.",
            tolerance.Reason);
    }

    [Fact]
    public void Judging_in_ggml_arithmetic_leaves_out_the_exact_reference()
    {
        Assert.Null(Sample().ToTolerance(Arithmetic.Ggml));
        Calibration calibration = Sample() with
        {
            Engines = [Calibration.ExactReference, Calibration.GgmlReference, "native"],
            Distances =
            [
                new EngineDistance(Calibration.GgmlReference, Calibration.ExactReference, 1e-3, 1e-3, 0.1, 1e-3, 0.1),
                new EngineDistance("native", Calibration.ExactReference, 1e-3, 1e-3, 0.1, 1e-3, 0.1),
                new EngineDistance("native", Calibration.GgmlReference, 1e-9, 1e-9, 1e-4, 1e-9, 1e-4),
            ],
        };
        Assert.Equal(4e-9, calibration.ToTolerance(Arithmetic.Ggml)!.Limit);
        Assert.Equal(4e-3, calibration.ToTolerance(Arithmetic.Exact)!.Limit);
    }

    [Theory]
    [InlineData(ParityMetric.Nmse, 4 * 1.4210854715202004e-14)]
    [InlineData(ParityMetric.MaxRelDiff, 4 * 1.1920928955078125e-7)]
    public void Engines_equal_to_the_bit_leave_room_for_one_step_of_an_F32(ParityMetric metric, double limit)
    {
        Calibration calibration = Sample() with { Metric = metric, Distances = [new EngineDistance("a", "b", 0, 0, 0, 0, 0)] };
        Assert.Equal(limit, calibration.ToTolerance(Arithmetic.Exact)!.Limit);
    }

    [Fact]
    public void A_written_file_reads_back()
    {
        Calibration calibration = Sample();
        Calibration? read = Calibration.Parse(calibration.ToJson());
        Assert.Equal(calibration.ToTolerance(Arithmetic.Exact), read!.ToTolerance(Arithmetic.Exact));
        Assert.Equal(calibration.Models, read.Models);
        Assert.Equal((calibration.Environment, calibration.ModelBytes, calibration.Longest), (read.Environment, read.ModelBytes, read.Longest));
    }

    [Fact]
    public void A_file_truncated_anywhere_is_not_a_calibration()
    {
        string json = Sample().ToJson();
        Assert.All(Enumerable.Range(0, json.Length - 1), length => Assert.Null(Calibration.Parse(json[..length])));
    }

    [Fact]
    public void A_file_with_any_digit_changed_is_not_a_calibration()
    {
        string json = Sample().ToJson();
        foreach (int i in Enumerable.Range(0, json.Length).Where(i => char.IsAsciiDigit(json[i])))
        {
            string damaged = json[..i] + (json[i] == '7' ? '8' : '7') + json[(i + 1)..];
            Assert.Null(Calibration.Parse(damaged));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    public void Unrelated_JSON_is_not_a_calibration(string json) => Assert.Null(Calibration.Parse(json));

    private static Calibration Sample() => new()
    {
        Models = [new string('a', 64)],
        ModelBytes = 1234,
        Numerics = Numerics.Strict,
        Environment = "llama.cpp on a table",
        Measured = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
        Sequences = 8,
        Positions = 230,
        Longest = 101,
        Metric = ParityMetric.Nmse,
        Engines = ["a", "b", "c", "d"],
        Distances =
        [
            new EngineDistance("b", "a", 3e-5, 4e-5, 0.01, 3e-5, 0.01),
            new EngineDistance("c", "a", 2e-5, 5e-5, 0.02, 2e-5, 0.02),
            new EngineDistance("d", "a", 1e-2, 1e-2, 1, 1e-2, 1) { Counts = false },
        ],
        Failures = [],
    };
}
