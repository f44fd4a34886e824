using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class ParityCheckTests
{
    [Theory]
    // The RMS of the 55 logits is 2.079.
    [InlineData("F32", Numerics.Strict, 2.0e-4f, 2.2e-4f)]
    // Σb² of the five rows is 237.7, so one logit off by f has an NMSE of f² / 237.7.
    [InlineData("F32", Numerics.Production, 0.15f, 0.16f)]
    [InlineData("F16", Numerics.Strict, 0.15f, 0.16f)]
    [InlineData("BF16", Numerics.Strict, 0.48f, 0.49f)]
    [InlineData("Q4_K_M", Numerics.Strict, 1.5f, 1.6f)]
    public async Task A_fault_beyond_the_limit_flips_the_verdict(string fileType, Numerics numerics, float within, float beyond)
    {
        Assert.Equal(ParityVerdict.Pass, (await Check(Tables.With(Tables.Reference, 4, 8, within), fileType, numerics)).Verdict);
        ParityReport fail = await Check(Tables.With(Tables.Reference, 4, 8, beyond), fileType, numerics);
        Assert.Equal(ParityVerdict.Fail, fail.Verdict);
        Assert.Equal(4, fail.FirstDivergence!.Position);
        Assert.Contains(" is above ", fail.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("Q8_0")]
    public async Task The_smallest_fault_that_a_pass_names_would_have_failed(string fileType)
    {
        float[][] native = fileType == "F32" ? Tables.Reference : Tables.Near;
        ParityReport pass = await Check(native, fileType, Numerics.Strict);
        Assert.Equal(ParityVerdict.Pass, pass.Verdict);
        float one = (float)pass.SmallestFault!.OneLogit * 1.001f;
        float position = (float)pass.SmallestFault.OnePosition * 1.001f;
        float all = (float)pass.SmallestFault.AllLogits * 1.001f;
        for (int t = 0; t < Tables.T; t++)
        {
            Assert.Equal(ParityVerdict.Fail, (await Check(Tables.With(native, t, 6, one), fileType, Numerics.Strict)).Verdict);
            float[][] row = [.. native.Select((row, i) => i == t ? row.Select(logit => logit + position).ToArray() : row)];
            Assert.Equal(ParityVerdict.Fail, (await Check(row, fileType, Numerics.Strict)).Verdict);
        }
        float[][] whole = [.. native.Select(row => row.Select(logit => logit - all).ToArray())];
        Assert.Equal(ParityVerdict.Fail, (await Check(whole, fileType, Numerics.Strict)).Verdict);
    }

    [Theory]
    [InlineData(1e-3f)]
    [InlineData(1e3f)]
    public async Task Strict_F32_judges_in_units_of_the_RMS(float scale)
    {
        float[][] Scaled(float delta) => [.. Tables.With(Tables.Reference, 4, 8, delta).Select(row => row.Select(logit => logit * scale).ToArray())];
        var reference = new TableModel(Scaled(0));
        Task<ParityReport> Check(float delta) => ParityCheck.RunAsync(new TableModel(Scaled(delta)), reference, Prompt.FromTokens(Tables.Tokens));
        Assert.Equal(ParityVerdict.Pass, (await Check(2.0e-4f)).Verdict);
        Assert.Equal(ParityVerdict.Fail, (await Check(2.2e-4f)).Verdict);
    }

    [Fact]
    public async Task Many_good_positions_do_not_hide_a_bad_one()
    {
        float[][] reference = [.. Enumerable.Range(0, 1000).Select(t => Tables.Reference[t % Tables.T])];
        float[][] native = [.. reference.Select((row, t) => t == 700 ? row.Reverse().ToArray() : row)];
        ParityReport report = await ParityCheck.RunAsync(
            new TableModel(native, fileType: "Q8_0"), new TableModel(reference), Prompt.FromTokens([.. Enumerable.Range(0, 1000).Select(t => t % Tables.V)]));
        Assert.True(report.Nmse < report.Tolerance.Limit);
        Assert.Equal(ParityVerdict.Fail, report.Verdict);
        Assert.Equal(700, report.FirstDivergence!.Position);
    }

    [Fact]
    public async Task Many_good_logits_do_not_hide_a_bad_one()
    {
        // RMS 3: with 10,000 logits one that is off by 9 has a NMSE of 1e-3.
        float[][] reference = [[.. Enumerable.Range(0, 10_000).Select(v => v % 2 == 0 ? 3f : -3f)]];
        ParityReport report = await ParityCheck.RunAsync(
            new TableModel(Tables.With(reference, 0, 77, 9), fileType: "Q8_0"), new TableModel(reference), Prompt.FromTokens([0]));
        Assert.True(report.Nmse < report.Tolerance.Limit);
        Assert.Equal(ParityVerdict.Fail, report.Verdict);
        Assert.Equal("a logit of position 0 is off by 3 times the RMS of its row, above 1.9", report.Explanation);
        Assert.Equal(0, report.FirstDivergence!.Position);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public async Task A_number_that_is_not_finite_fails_on_either_side_and_on_both(float value)
    {
        float[][] bad = Tables.With(Tables.Reference, 2, 5, value);
        foreach ((float[][] native, float[][] reference, string side) in new[]
        {
            (bad, Tables.Reference, "the native logits"), (Tables.Reference, bad, "the reference's logits"), (bad, bad, "the native logits"),
        })
        {
            ParityReport report = await ParityCheck.RunAsync(
                new TableModel(native, fileType: "Q2_K"), new TableModel(reference), Prompt.FromTokens(Tables.Tokens));
            Assert.Equal(ParityVerdict.Fail, report.Verdict);
            Assert.Equal($"{side} at position 2 hold NaN or infinity", report.Explanation);
            Assert.Equal(2, report.FirstDivergence!.Position);
        }
    }

    [Fact]
    public async Task A_side_that_refuses_to_continue_because_of_NaN_fails()
    {
        ParityReport report = await ParityCheck.RunAsync(
            new TableModel(Tables.Reference), new TableModel(Tables.Reference) { NonFiniteRow = 2 }, Prompt.FromTokens(Tables.Tokens));
        Assert.Equal(ParityVerdict.Fail, report.Verdict);
        Assert.Equal("at position 2 the reference computed NaN or infinity (NaN in row 2)", report.Explanation);
        Assert.Equal(2, report.Positions);
    }

    [Theory]
    [InlineData(true, "the reference's logits at position 1 are all zero")]
    [InlineData(false, "the native logits at position 1 are all zero")]
    public async Task A_row_of_zeros_fails(bool both, string explanation)
    {
        float[][] zero = [.. Tables.Reference.Select((row, t) => t == 1 ? new float[Tables.V] : row)];
        ParityReport report = await ParityCheck.RunAsync(
            new TableModel(zero), new TableModel(both ? zero : Tables.Reference), Prompt.FromTokens(Tables.Tokens),
            new ParityOptions { Tolerance = new Tolerance { Metric = ParityMetric.Nmse, Limit = 10, RowLimit = 10, Reason = "wide" } });
        Assert.Equal(ParityVerdict.Fail, report.Verdict);
        Assert.Equal(explanation, report.Explanation);
    }

    [Fact]
    public async Task Tokenizers_that_disagree_fail_though_the_logits_agree()
    {
        ParityReport report = await ParityCheck.RunAsync(
            new TableModel(Tables.Reference) { Ids = [1, 2, 3] }, new TableModel(Tables.Reference) { Ids = [1, 2] }, Prompt.FromText("text"));
        Assert.Equal(ParityVerdict.Fail, report.Verdict);
        Assert.Equal("the tokenizers disagree from token 2 on: native has id 3, reference has ended", report.Explanation);
        Assert.Equal(0, report.MaxAbsDiff);
    }

    [Fact]
    public async Task Vocabularies_of_different_sizes_are_refused()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => ParityCheck.RunAsync(
            new TableModel(Tables.Reference), new TableModel([[1, 2]]), Prompt.FromTokens([0])));
        Assert.Contains("found 11 tokens in table.gguf and 2 in", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_side_that_gives_too_few_rows_is_an_error()
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => ParityCheck.RunAsync(
            new TableModel(Tables.Reference), new TableModel(Tables.Reference[..4]), Prompt.FromTokens(Tables.Tokens)));
        Assert.Contains("the reference: expected a row of 11 at position 4", error.Message, StringComparison.Ordinal);
    }

    private static Task<ParityReport> Check(float[][] native, string fileType, Numerics numerics) => ParityCheck.RunAsync(
        new TableModel(native, fileType: fileType), new TableModel(Tables.Reference), Prompt.FromTokens(Tables.Tokens),
        new ParityOptions { Numerics = numerics });
}
