using System.Text.Json;
using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class ParityReportTests
{
    [Fact]
    public async Task The_JSON_has_the_names_that_other_programs_rely_on()
    {
        using JsonDocument json = JsonDocument.Parse((await Report(Tables.Faulty)).ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal("fail", root.GetProperty("verdict").GetString());
        Assert.Equal("strict", root.GetProperty("setting").GetString());
        Assert.Equal(5, root.GetProperty("positions").GetInt32());
        Assert.Equal(11, root.GetProperty("vocabulary").GetInt32());
        foreach (string number in (string[])["max_abs_diff", "max_rel_diff", "rms_reference", "nmse", "cosine", "kl_mean", "kl_p99", "kl_max", "same_top1", "perplexity_native", "perplexity_reference"])
        {
            Assert.Equal(JsonValueKind.Number, root.GetProperty(number).ValueKind);
        }
        Assert.Equal("max_rel_diff", root.GetProperty("tolerance").GetProperty("metric").GetString());
        Assert.Equal(1e-4, root.GetProperty("tolerance").GetProperty("limit").GetDouble());
        Assert.NotEqual("", root.GetProperty("tolerance").GetProperty("reason").GetString());
        Assert.Equal(0, root.GetProperty("first_divergence").GetProperty("position").GetInt32());
        Assert.False(root.TryGetProperty("layers", out _));
    }

    [Fact]
    public async Task Numbers_that_cannot_be_computed_are_null_in_JSON()
    {
        using JsonDocument json = JsonDocument.Parse((await Report(Tables.With(Tables.Reference, 0, 0, float.NaN))).ToJson());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("nmse").ValueKind);
    }

    [Fact]
    public async Task The_JSON_reads_back_as_the_same_report()
    {
        ParityReport report = await Report(Tables.Reference);
        Assert.Equal(report, JsonSerializer.Deserialize<ParityReport>(report.ToJson()));
    }

    [Fact]
    public async Task The_text_is_80_columns_wide_and_ends_with_the_verdict()
    {
        string[] pass = (await Report(Tables.Reference)).ToText().TrimEnd().Split('\n');
        Assert.All(pass, line => Assert.InRange(line.Length, 0, 80));
        Assert.Equal("PASS: max |Δ| / RMS 0 is within 1e-4.", pass[^1]);
        Assert.Contains(pass, line => line.StartsWith("Smallest fault it could see: one logit off by 2.08e-4", StringComparison.Ordinal));

        string[] fail = (await Report(Tables.Faulty)).ToText().TrimEnd().Split('\n');
        Assert.All(fail, line => Assert.InRange(line.Length, 0, 80));
        Assert.Equal("FAIL: max |Δ| / RMS 1.45 is above 1e-4.", fail[^1]);
    }

    private static Task<ParityReport> Report(float[][] native) =>
        ParityCheck.RunAsync(new TableModel(native), new TableModel(Tables.Reference), Prompt.FromTokens(Tables.Tokens));
}
