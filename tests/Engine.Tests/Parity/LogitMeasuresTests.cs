using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class LogitMeasuresTests
{
    /// <summary>Both sum at most 55 doubles; NumPy does so in another order.</summary>
    private const double Rounding = 1e-12;

    [Theory]
    [InlineData(1, 64)]
    [InlineData(2, 3)]
    [InlineData(64, 1)]
    public async Task The_measures_are_those_of_NumPy_whatever_the_blocks(int nativeBlock, int referenceBlock)
    {
        ParityReport report = await ParityCheck.RunAsync(
            new TableModel(Tables.Faulty, nativeBlock), new TableModel(Tables.Reference, referenceBlock), Prompt.FromTokens(Tables.Tokens));

        Assert.Equal(Tables.T, report.Positions);
        Assert.Equal(Tables.V, report.Vocabulary);
        Assert.Equal(3.009765625, report.MaxAbsDiff);
        Near(0.03812103311607407, report.Nmse);
        Near(0.9828361493217886, report.Cosine);
        Near(0.1812980638767126, report.KlMean);
        Near(0.8701630603168136, report.KlP99);
        Near(0.906418884493591, report.KlMax);
        Assert.Equal(0.8, report.SameTop1);
        Near(282.7342682112489, report.PerplexityNative);
        Near(200.49891373787722, report.PerplexityReference);
    }

    [Fact]
    public async Task Large_logits_do_not_overflow_the_softmax()
    {
        float[][] large = [[1000, 999, 0], [-1000, -1001, -2000]];
        ParityReport report = await ParityCheck.RunAsync(new TableModel(large), new TableModel(large), Prompt.FromTokens([0, 1]));
        Assert.Equal(ParityVerdict.Pass, report.Verdict);
        Assert.Equal(0, report.KlMax);
        // 1 + e of the second of two tokens a nat apart.
        Near(1 + Math.E, report.PerplexityNative);
    }

    [Fact]
    public async Task One_token_has_no_perplexity()
    {
        float[][] row = [[1, 2, 3]];
        ParityReport report = await ParityCheck.RunAsync(new TableModel(row), new TableModel(row), Prompt.FromTokens([2]));
        Assert.Null(report.PerplexityNative);
        Assert.Equal(ParityVerdict.Pass, report.Verdict);
    }

    private static void Near(double expected, double? actual) =>
        Assert.InRange(actual!.Value, expected * (1 - Rounding), expected * (1 + Rounding));
}
