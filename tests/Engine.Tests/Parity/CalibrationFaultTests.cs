using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class CalibrationFaultTests
{
    private static readonly Tolerance Usual = new() { Metric = ParityMetric.Nmse, Limit = 1e-6, RowLimit = 1e-5, Reason = "usual" };

    [Theory]
    [InlineData(2e-6, 2e-6, 1e-7, "NMSE of the native side from the reference is 2e-6, above 1e-6, and native variants are 1e-7 apart among themselves")]
    [InlineData(1e-2, 1e-2, 5e-4, "NMSE of the native side from the reference is 0.01")]
    [InlineData(9e-7, 9e-7, 1e-15, null)] // within the usual tolerance
    [InlineData(2e-5, 2e-5, 2e-6, null)]  // native variants are as far apart
    [InlineData(2e-5, 1e-8, 1e-15, null)] // rounding: the other arithmetic is near
    public void A_distance_beyond_the_usual_that_no_native_variants_show_is_a_fault(double exact, double ggml, double among, string? begin)
    {
        string? fault = CalibrationFault.Of(
            [Distance("served", Calibration.ExactReference, exact), Distance("served", Calibration.GgmlReference, ggml), Distance("x64", "served", among)], "served", Usual);
        Assert.Equal(begin is null, fault is null);
        Assert.StartsWith(begin ?? "", fault ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_that_does_not_count_does_not_widen_the_floor() => Assert.NotNull(CalibrationFault.Of(
        [Distance("served", Calibration.ExactReference, 1e-3), Distance("flash attention", "served", 1e-2) with { Counts = false }], "served", Usual));

    private static EngineDistance Distance(string engine, string from, double whole) => new(engine, from, whole, whole, whole, whole, whole);
}
