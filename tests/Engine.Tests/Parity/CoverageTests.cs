using System.Text.Json;
using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class CoverageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static ModelCard Card { get; } = new TableModel(Tables.Reference).Card with
    {
        VocabularySize = 20,
        ContextLength = 8,
        Heads = 4,
        KeyValueHeads = 2,
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_are_counted_once_over_all_samples_and_positions_by_the_longest()
    {
        var coverage = new Coverage(Card);
        coverage.Add([0, 7, 7, 8]);
        coverage.Add([19, 8]);
        CoverageReport report = coverage.ToReport();
        Assert.Equal((2, 6, 4, 20, 4, 8), (report.Samples, report.Tokens, report.RowsUsed, report.Rows, report.PositionsReached, report.Positions));
        Assert.Equal("the lookup of the other 16 rows, positions from 4 on", report.NotExercised);
        Assert.Equal(
            "Coverage: 4 of 20 embedding rows (20 %), 4 of 8 positions, 4 of 4 heads (2 of 2 key/value heads). "
            + "Not exercised: the lookup of the other 16 rows, positions from 4 on. No result can show a fault there.",
            report.ToText());
    }

    [Fact]
    public void A_fully_exercised_model_gets_no_warning()
    {
        var coverage = new Coverage(Card with { ContextLength = 20 });
        coverage.Add([.. Enumerable.Range(0, 20)]);
        Assert.Empty(coverage.ToReport().NotExercised);
        Assert.Equal("Coverage: 20 of 20 embedding rows (100 %), 20 of 20 positions, 4 of 4 heads (2 of 2 key/value heads).", coverage.ToReport().ToText());
    }

    [Fact]
    public void Heads_with_a_single_position_to_look_at_are_not_exercised()
    {
        var coverage = new Coverage(Card);
        coverage.Add([3]);
        Assert.Equal((0, 0), (coverage.ToReport().HeadsExercised, coverage.ToReport().KeyValueHeadsExercised));
        Assert.EndsWith("queries and keys: no token had another to look at", coverage.ToReport().NotExercised, StringComparison.Ordinal);
        coverage.Add([3, 3]);
        Assert.Equal((4, 2), (coverage.ToReport().HeadsExercised, coverage.ToReport().KeyValueHeadsExercised));
    }

    [Fact]
    public void Sources_segments_adapters_and_experts_are_reported_if_the_model_has_them()
    {
        var coverage = new Coverage(Card with
        {
            Capabilities = ModelCapabilities.Source | ModelCapabilities.Segments,
            Experts = 8,
            Adapters = [new AdapterCard("a.gguf", 1, "F32"), new AdapterCard("b.gguf", 0, "F32")],
        });
        coverage.Add([1, 2], source: [3, 4, 5]);
        CoverageReport report = coverage.ToReport();
        Assert.Equal((5, 3, 1, 8, 1, 2), (report.RowsUsed, report.SourcePositionsReached, report.SegmentsUsed, report.Experts, report.AdaptersExercised, report.Adapters));
        Assert.Contains("3 of the source, 4 of 4 heads", report.ToText(), StringComparison.Ordinal);
        Assert.Contains("1 of 2 segments, 1 of 2 adapters, which of the 8 experts of a layer is not known.", report.ToText(), StringComparison.Ordinal);
        Assert.EndsWith("the second segment, 1 adapter with scale 0", report.NotExercised, StringComparison.Ordinal);
        coverage.Add([1, 2], segments: [0, 1]);
        Assert.Equal(2, coverage.ToReport().SegmentsUsed);
    }

    [Fact]
    public void Experts_are_counted_where_the_activations_tell_which_ones_were_chosen()
    {
        ModelCard card = Card with { Layers = 3, Experts = 4, ExpertsPerToken = 2 };
        var coverage = new Coverage(card);
        coverage.Add([1, 2], activations: [Order(0, [3, 1, 0, 2, 1, 3, 2, 0]), Order(2, [0, 1, 2, 3, 2, 1, 0, 3]), Order(7, [0, 1, 2, 3])]);
        CoverageReport report = coverage.ToReport();
        Assert.Equal((4, 2, 5), (report.Experts, report.ExpertLayers, report.ExpertsExercised)); // 1 and 3; 0, 1 and 2; the second layer has no router
        Assert.Contains("5 of 8 experts (4 in each of 2 layers)", report.ToText(), StringComparison.Ordinal);
        Assert.EndsWith(", 3 experts", report.NotExercised, StringComparison.Ordinal);

        Coverage restored = Coverage.Restore(card, coverage.Save())!;
        restored.Add([1], activations: [Order(0, [0, 2, 1, 3])]);
        Assert.Equal(7, restored.ToReport().ExpertsExercised);
        Assert.Null(Coverage.Restore(card with { Experts = 8 }, coverage.Save()));

        static Activation Order(int layer, float[] experts) => new($"ffn_moe_argsort-{layer}", "ARGSORT", 0, [4, experts.Length / 4], experts);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(20)]
    public void An_id_beyond_the_vocabulary_is_refused_and_nothing_of_its_sample_counts(int id)
    {
        var coverage = new Coverage(Card);
        Assert.Throws<TokenOutOfRangeException>(() => coverage.Add([1, id]));
        Assert.Throws<TokenOutOfRangeException>(() => coverage.Add([1], source: [id]));
        Assert.Equal((0, 0), (coverage.ToReport().Samples, coverage.ToReport().RowsUsed));
    }

    [Fact]
    public void A_share_is_never_rounded_to_nothing_or_all()
    {
        var coverage = new Coverage(Card with { VocabularySize = 100_000 });
        coverage.Add([5]);
        Assert.Contains("1 of 100000 embedding rows (0.001 %)", coverage.ToReport().ToText(), StringComparison.Ordinal);
        coverage.Add([.. Enumerable.Range(0, 99_999)]);
        Assert.Contains("99999 of 100000 embedding rows (99.9 %)", coverage.ToReport().ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_stored_and_continues_from_there()
    {
        var first = new Coverage(Card);
        first.Add([0, 7, 19], segments: [0, 1, 1]);
        Coverage second = Coverage.Restore(Card, first.Save())!;
        Assert.Equal(first.ToReport(), second.ToReport());
        second.Add([7, 8]);
        Assert.Equal((2, 4), (second.ToReport().Samples, second.ToReport().RowsUsed));
    }

    [Fact]
    public void Coverage_of_another_file_or_form_is_discarded()
    {
        string path = _folder.File("weights.gguf");
        File.WriteAllBytes(path, [1, 2, 3]);
        ModelCard card = Card with { Path = path };
        var coverage = new Coverage(card);
        coverage.Add([0]);
        string saved = coverage.Save();
        Assert.NotNull(Coverage.Restore(card, saved));
        Assert.Null(Coverage.Restore(card with { VocabularySize = 21, TensorBytes = 1 }, saved));
        Assert.Null(Coverage.Restore(card with { Adapters = [new AdapterCard("a.gguf", 1, "F32")] }, saved));
        Assert.Null(Coverage.Restore(card, saved.Replace("\"Version\":1", "\"Version\":2", StringComparison.Ordinal)));
        Assert.Null(Coverage.Restore(card, "{}"));
        Assert.Null(Coverage.Restore(card, "no JSON"));
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddDays(1));
        Assert.Null(Coverage.Restore(card, saved));
    }

    [Fact]
    public async Task Many_threads_may_add_to_it()
    {
        var coverage = new Coverage(Card with { VocabularySize = 4096 });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(part => Task.Run(() =>
        {
            for (int id = part; id < 4096; id += 8)
            {
                coverage.Add([id]);
            }
        })));
        Assert.Equal((4096, 4096), (coverage.ToReport().RowsUsed, coverage.ToReport().Samples));
    }

    [Fact]
    public async Task A_comparison_says_what_its_input_has_exercised()
    {
        ParityReport report = await ParityCheck.RunAsync(
            new TableModel(Tables.Reference), new TableModel(Tables.Reference), Prompt.FromTokens(Tables.Tokens));
        Assert.Equal((Tables.Tokens.Distinct().Count(), Tables.Tokens.Length), (report.Coverage!.RowsUsed, report.Coverage.PositionsReached));
        Assert.Contains("Not exercised: the lookup of", report.ToText().ReplaceLineEndings(" "), StringComparison.Ordinal);
        JsonElement json = JsonElement.Parse(report.ToJson()).GetProperty("coverage");
        Assert.Equal(report.Coverage.RowsUsed, json.GetProperty("rows_used").GetInt32());
        Assert.Equal(report.Coverage.NotExercised, json.GetProperty("not_exercised").GetString());
        Assert.False(json.TryGetProperty("experts", out _));
    }
}
