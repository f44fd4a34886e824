using System.Text.Json;
using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class ParityEmbeddingsTests
{
    private static readonly float[] Scores = [1, -2, 3, 0.001f, -1];

    [Fact]
    public async Task An_encoder_is_compared_by_its_rows_and_has_no_perplexity()
    {
        ParityReport report = await Check(new EmbeddingTable(Tables.Near));
        Assert.Equal((Tables.T, (int?)null, (int?)Tables.V), (report.Positions, report.Vocabulary, report.Dimensions));
        // The largest of the differences of Tables.Near, 11/1024.
        Assert.Equal(11 / 1024.0, report.MaxAbsDiff);
        Assert.Equal(report.MaxAbsDiff / report.RmsReference, report.MaxRelDiff);
        Assert.Null(report.KlMean);
        Assert.Null(report.SameTop1);
        Assert.Null(report.PerplexityNative);
        Assert.Equal(["mean embedding", "[CLS] embedding"], report.Also!.Select(rows => rows.Name));
        JsonElement json = JsonSerializer.Deserialize<JsonElement>(report.ToJson());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("vocabulary").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("kl_mean").ValueKind);
        Assert.All(report.ToText().Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }

    [Fact]
    public async Task The_same_rows_pass()
    {
        ParityReport report = await Check(new EmbeddingTable(Tables.Reference));
        Assert.Equal(ParityVerdict.Pass, report.Verdict);
        Assert.Contains("one number off by", report.ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Pooling.None, "NMSE ")]
    [InlineData(Pooling.Mean, "mean embedding: ")]
    [InlineData(Pooling.Cls, "[CLS] embedding: ")]
    [InlineData(Pooling.Rank, "rank scores: ")]
    public async Task A_fault_in_any_of_the_rows_fails_and_is_named(Pooling pooling, string begin)
    {
        ParityReport report = await Check(new EmbeddingTable(Tables.Reference, Scores) { Fault = (pooling, 0.1f) });
        Assert.Equal(ParityVerdict.Fail, report.Verdict);
        Assert.StartsWith(begin, report.Explanation, StringComparison.Ordinal);
        Assert.NotNull(report.FirstDivergence);
    }

    [Fact]
    public async Task Scores_are_judged_over_the_input_and_its_rotations_as_one_may_be_zero_by_chance()
    {
        var native = new EmbeddingTable(Tables.Reference, Scores);
        ParityReport report = await Check(native);
        ParityRows rank = report.Also!.Single(rows => rows.Name == "rank scores");
        Assert.Equal((1, Tables.T), (rank.Rows, rank.Width));
        Assert.Equal([0, 1, 2, 3, 4], native.Asked[Pooling.Rank].Select(input => input.Tokens![0]).Order());
    }

    [Fact]
    public async Task Nothing_that_both_can_do_is_refused()
    {
        var error = await Assert.ThrowsAsync<UnsupportedRequestException>(() => Check(new TableModel([[1]]) { Vocabulary = Tables.T }));
        Assert.Contains("table is a llama on table: it scores tokens", error.Message, StringComparison.Ordinal);
    }

    private static Task<ParityReport> Check(IModel native) =>
        ParityCheck.RunAsync(native, new EmbeddingTable(Tables.Reference, Scores), Prompt.FromTokens([0, 1, 2, 3, 4]));
}
