using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class ParityVerifyTests
{
    private static readonly ParityOptions Production = new() { Numerics = Numerics.Production };

    /// <summary>The prompt is the first two of <see cref="Tables.Tokens"/>; rows 1 to 4 of the table produced the other tokens.</summary>
    private static readonly int[] PromptTokens = Tables.Tokens[..2];

    [Fact]
    public async Task The_logits_of_each_step_are_compared_with_the_rows_of_the_reference()
    {
        ParityReport report = await Verify(Steps(Tables.Reference));
        Assert.Equal(ParityVerdict.Pass, report.Verdict);
        Assert.Equal(4, report.Positions);
        Assert.Equal(0, report.MaxAbsDiff);
        Assert.Equal(report.PerplexityReference, report.PerplexityNative);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_fault_in_one_step_flips_the_verdict(int position)
    {
        ParityReport report = await Verify(Steps(Tables.With(Tables.Reference, position, 3, 0.3f)));
        Assert.Equal(ParityVerdict.Fail, report.Verdict);
        Assert.Equal(position, report.FirstDivergence!.Position);
    }

    [Fact]
    public async Task NaN_in_one_step_flips_the_verdict() =>
        Assert.Equal(ParityVerdict.Fail, (await Verify(Steps(Tables.With(Tables.Reference, 3, 3, float.NaN)))).Verdict);

    [Fact]
    public async Task Rows_of_a_step_too_early_flip_the_verdict() =>
        Assert.Equal(ParityVerdict.Fail, (await Verify(Steps([Tables.Reference[0], .. Tables.Reference]))).Verdict);

    [Fact]
    public async Task A_step_without_logits_is_refused() =>
        await Assert.ThrowsAsync<InvalidRequestException>(() => Verify([.. Steps(Tables.Reference).Select(step => step with { Logits = null })]));

    [Fact]
    public async Task A_generation_without_tokens_is_refused() =>
        await Assert.ThrowsAsync<InvalidRequestException>(() => Verify([]));

    private static GeneratedToken[] Steps(float[][] rows) =>
        [.. Enumerable.Range(0, 4).Select(i => new GeneratedToken { Token = i < 3 ? Tables.Tokens[i + 2] : 10, Text = "", Index = i, PromptTokens = 2, Logits = rows[i + 1] })];

    private static Task<ParityReport> Verify(GeneratedToken[] steps) =>
        ParityCheck.VerifyAsync(new TableModel(Tables.Reference).Card, new TableModel(Tables.Reference), PromptTokens, steps, Production);
}
