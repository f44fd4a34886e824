using System.Text.Json;
using System.Xml.Linq;
using Engine.Host.Commands.Reporting;
using Engine.Host.Shadow;
using Engine.Host.Tests.Shadow;
using Engine.Parity;
using Engine.Shadow;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Host.Tests.Commands.Reporting;

public sealed class ShadowReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("shadow.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Shares_and_quantiles_are_of_each_model_and_the_worst_are_failures_then_the_largest()
    {
        await FillAsync();
        ShadowReport report = Read();
        Assert.Equal(["facts", "story"], report.Models.Select(model => model.Model));
        Assert.Equal((101, ShadowRecords.Noon, ShadowRecords.Noon + TimeSpan.FromHours(3)), (report.Samples, report.From, report.To));
        ShadowModelReport story = report.Models[1];
        Assert.Equal((100, 98, 0.98, 1200, 1), (story.Samples, story.Passed, story.PassShare, story.Positions, story.NotMeasured));
        // Of 1e-6 … 98e-6 and 0.5, linear between the ranks: 0.99 × 98 = 97.02 is 98e-6 + 0.02 × (0.5 − 98e-6).
        Assert.Equal(5.0e-5, story.Nmse!.P50, 1e-12);
        Assert.Equal(8.92e-5, story.Nmse.P90, 1e-12);
        Assert.Equal(0.01009604, story.Nmse.P99, 1e-12);
        Assert.Equal(0.5, story.Nmse.Max);
        Assert.Equal(1, story.TopOne!.Min);
        Assert.Equal(["not finite", "bad", "98", "97", "96"], story.Worst.Select(sample => sample.Request));
        Assert.Equal(new ShadowToleranceReport("nmse", 0.01, "calibration", 100), Assert.Single(story.Tolerances));
        Assert.Equal(["began", "explained"], story.Alarms.Select(alarm => alarm.Event));
        Assert.Equal((3, 50), (story.Coverage!.RowsUsed, story.Coverage.Rows));
        Assert.Null(report.Models[0].Coverage);
    }

    [Fact]
    public async Task A_model_and_a_time_narrow_the_report()
    {
        await FillAsync();
        ShadowReport facts = Read(model: "FACTS");
        Assert.Equal("facts", Assert.Single(facts.Models).Model);
        ShadowReport late = Read(since: ShadowRecords.Noon + TimeSpan.FromMinutes(98));
        Assert.Equal(["facts", "story"], late.Models.Select(model => model.Model));
        Assert.Equal((1, 1), (late.Models[0].Samples, late.Models[1].Samples));
        Assert.Empty(late.Models[1].Alarms);
        Assert.Equal(
            $"Reading the shadow records of 'storry': the store '{Store}' holds those of facts, story. Did you mean 'story'?",
            Assert.Throws<InvalidRequestException>(() => Read(model: "storry")).Message);
    }

    [Fact]
    public async Task The_text_is_80_columns_wide_and_shows_the_record_over_time()
    {
        await FillAsync();
        string text = ShadowReportText.Render(Read(), 80);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Contains("  passed        98 of 100 samples (98 %), 1200 positions; 1 without numbers, as\n", text, StringComparison.Ordinal);
        Assert.Contains("  tolerance     NMSE ≤ 0.01, calibrated on the machine\n", text, StringComparison.Ordinal);
        Assert.Contains("  alarms        1 began\n                2026-05-04 12:05 began: 3 of 5 failed\n", text, StringComparison.Ordinal);
        Assert.Contains("  coverage      3 of 50 embedding rows (6 %), 3 of 16 positions, 4 of 4 heads.\n", text, StringComparison.Ordinal);
        Assert.Contains("  FAIL 2026-05-04 13:39:00      0.5     0.05  bad\n       NMSE is above 0.01\n", text, StringComparison.Ordinal);
        Assert.Contains("\n  2026-05-04 13:35        5       2       9.8e-5      0.5  ###################\n", text, StringComparison.Ordinal);
        Assert.Contains("\n  2026-05-04 12:00        5       0         3e-6     5e-6  ##\n", text, StringComparison.Ordinal);
        Assert.All(ShadowReportText.Render(Read(), 50).Split('\n'), line => Assert.True(line.Length <= 58, line)); // a table's row is not broken
    }

    [Fact]
    public async Task The_plot_is_an_SVG_with_a_dot_for_each_sample_and_names_that_need_escaping()
    {
        await FillAsync();
        using (SqliteShadowSink sink = Open())
        {
            await sink.WriteAsync(ShadowRecords.At(TimeSpan.FromDays(2), model: "<b> & \"c\"", nmse: 0), default);
        }
        XDocument svg = XDocument.Parse(ShadowPlot.Draw(Read()));
        Assert.Equal("svg", svg.Root!.Name.LocalName);
        Assert.True(svg.Descendants().Count(element => element.Name.LocalName is "ellipse" or "circle") >= 100);
        Assert.Contains(svg.Descendants(), element => element.Value == "<b> & \"c\"");
        Assert.Contains(svg.Descendants(), element => element.Value == "story, failed");
    }

    [Fact]
    public void A_store_without_records_makes_a_report_and_a_plot_of_none()
    {
        Open().Dispose();
        ShadowReport report = Read();
        Assert.Equal($"Shadow records of {Store}: none yet.\n", ShadowReportText.Render(report, 200));
        Assert.Equal("svg", XDocument.Parse(ShadowPlot.Draw(report)).Root!.Name.LocalName);
    }

    [Fact]
    public async Task Clocks_that_jumped_still_make_a_screenful_of_intervals()
    {
        using (SqliteShadowSink sink = Open())
        {
            await sink.WriteAsync(ShadowRecords.At(TimeSpan.Zero), default);
            await sink.WriteAsync(ShadowRecords.At(TimeSpan.Zero) with { Time = DateTimeOffset.UnixEpoch }, default);
            await sink.WriteAsync(ShadowRecords.At(TimeSpan.Zero) with { Time = new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero) }, default);
        }
        ShadowModelReport model = Assert.Single(Read().Models);
        Assert.Equal(3, model.OverTime.Sum(one => one.Samples));
        Assert.Equal("svg", XDocument.Parse(ShadowPlot.Draw(Read())).Root!.Name.LocalName);
    }

    [Fact]
    public void A_row_that_no_engine_wrote_is_reported_in_a_message()
    {
        using (Microsoft.Data.Sqlite.SqliteConnection connection = ShadowDatabase.OpenForWriting(Store))
        {
            ShadowDatabase.Execute(connection, """
                INSERT INTO records (time, request, model, oracle, setting, positions, full_rows, verdict, tolerance_metric, tolerance_limit, tolerance_source, reason)
                VALUES ('noon', 'r', 'story', 'reference', 'production', 1, 1, 'pass', 'nmse', 0.01, 'formula', '')
                """);
        }
        Assert.Contains("a row of its tables is not as an engine writes it", Assert.Throws<ConfigurationException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("90m", "2026-05-04T10:30:00Z")]
    [InlineData("24h", "2026-05-03T12:00:00Z")]
    [InlineData("7d", "2026-04-27T12:00:00Z")]
    [InlineData("2w", "2026-04-20T12:00:00Z")]
    [InlineData("999999999w", "1970-01-01T00:00:00Z")]
    [InlineData("2026-05-01", "2026-05-01T00:00:00Z")]
    [InlineData("2026-05-01T08:00+02:00", "2026-05-01T06:00:00Z")]
    [InlineData("yesterday", null)]
    [InlineData("h", null)]
    [InlineData("-5h", null)]
    [InlineData("5y", null)]
    [InlineData("", null)]
    public void Since_is_a_time_back_or_a_date(string word, string? time) => Assert.Equal(
        time is null ? null : DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), ShadowReportCommand.Parse(word, ShadowRecords.Noon));

    [Fact]
    public async Task The_verb_prints_JSON_and_writes_the_plot_while_a_server_has_the_store_open()
    {
        using SqliteShadowSink server = Open();
        await server.WriteAsync(ShadowRecords.At(TimeSpan.Zero), default);
        Outcome outcome = await EngineProcess.RunAsync("shadow", "report", Store, "--json", "--plot", _folder.File("plot.svg"));
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        JsonElement model = JsonElement.Parse(outcome.Output).GetProperty("models")[0];
        Assert.Equal("story", model.GetProperty("model").GetString());
        Assert.Equal(1e-6, model.GetProperty("nmse").GetProperty("p50").GetDouble());
        Assert.Equal(1, model.GetProperty("over_time")[0].GetProperty("samples").GetInt32());
        Assert.False(model.TryGetProperty("points", out _));
        Assert.Equal("svg", XDocument.Load(_folder.File("plot.svg")).Root!.Name.LocalName);
        await server.WriteAsync(ShadowRecords.At(TimeSpan.FromSeconds(1)), default);
    }

    [Theory]
    [InlineData("Reading the store of shadow records 'MISSING': there is no such file. Name the file of Engine:Shadow:Store; a server with that setting creates it at startup.\n", "report", "MISSING")]
    [InlineData("Reading shadow records: expected a store, found none: neither STORE nor Engine:Shadow:Store names one. Name its file: engine shadow report shadow.db.\n", "report")]
    [InlineData("'reprot' is not a verb of 'engine shadow'. Did you mean 'report'? See 'engine shadow --help'.\n", "reprot", "shadow.db")]
    [InlineData("--since: expected a time back such as 24h or 7d, or a date such as 2026-05-04, found 'yesterday'. See 'engine shadow report --help'.\n", "report", "x", "--since", "yesterday")]
    [InlineData("'--jsno' is not an option of 'engine shadow report'. Did you mean '--json'? See 'engine shadow report --help'.\n", "report", "x", "--jsno")]
    public async Task A_mistake_is_reported_in_one_message(string message, params string[] words)
    {
        string missing = _folder.File("missing.db");
        Outcome outcome = await EngineProcess.RunAsync(["shadow", .. words.Select(word => word.Replace("MISSING", missing, StringComparison.Ordinal))]);
        Assert.Equal((2, message.Replace("MISSING", missing, StringComparison.Ordinal), ""), (outcome.ExitCode, outcome.Error, outcome.Output));
    }

    [Fact]
    public async Task Without_a_store_on_the_command_line_it_is_that_of_the_configuration()
    {
        Open().Dispose();
        Outcome outcome = await EngineProcess.RunAsync(["shadow", "report"], null, new Dictionary<string, string> { ["Engine__Shadow__Store"] = Store });
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.EndsWith("none yet.\n", outcome.Output, StringComparison.Ordinal);
    }

    // A hundred answers of a story teller, a minute apart: 98 passes of 1e-6 to 98e-6, a failure, one that was not finite; and one of another model.
    private async Task FillAsync()
    {
        using SqliteShadowSink sink = Open();
        for (int i = 1; i <= 98; i++)
        {
            await sink.WriteAsync(ShadowRecords.At(TimeSpan.FromMinutes(i - 1), nmse: i * 1e-6, request: $"{i}"), default);
        }
        await sink.WriteAsync(ShadowRecords.At(TimeSpan.FromMinutes(99), nmse: 0.5, verdict: ParityVerdict.Fail, request: "bad"), default);
        await sink.WriteAsync(ShadowRecords.At(TimeSpan.FromMinutes(97.5), nmse: null, verdict: ParityVerdict.Fail, request: "not finite"), default);
        await sink.WriteAsync(ShadowRecords.At(TimeSpan.FromHours(3), model: "facts"), default);
        await sink.WriteAsync(new ShadowAlarmRecord(ShadowRecords.Noon + TimeSpan.FromMinutes(5), "story", ShadowAlarmEvent.Began, "3 of 5 failed"), default);
        await sink.WriteAsync(new ShadowAlarmRecord(ShadowRecords.Noon + TimeSpan.FromMinutes(6), "story", ShadowAlarmEvent.Explained, "ffn_out-1"), default);
        var coverage = new Coverage(ShadowRecords.Card);
        coverage.Add([1, 2, 3]);
        await sink.WriteAsync("story", coverage, default);
    }

    private ShadowReport Read(string? model = null, DateTimeOffset? since = null)
    {
        using var reader = new ShadowStoreReader(Store, since);
        return reader.Read(model);
    }

    private SqliteShadowSink Open() => new(Store, NullLogger<SqliteShadowSink>.Instance);
}
