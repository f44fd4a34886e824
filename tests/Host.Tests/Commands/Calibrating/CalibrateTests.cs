using System.Text.Json;

namespace Engine.Host.Tests.Commands.Calibrating;

public sealed class CalibrateTests(CalibratedModel calibrated) : IClassFixture<CalibratedModel>
{
    [Fact]
    public void The_floor_of_F32_is_the_order_of_sums_and_the_tolerance_four_times_that()
    {
        Assert.True(calibrated.Outcome.ExitCode == 0, calibrated.Outcome.ToString());
        var report = JsonSerializer.Deserialize<JsonElement>(calibrated.Outcome.Output);
        double floor = report.GetProperty("floor").GetProperty("whole").GetDouble();
        Assert.InRange(floor, Math.ScaleB(1, -23), Agreement.Floats); // an ulp of float is the least that a floor may be
        Assert.Equal(4 * floor, report.GetProperty("tolerance").GetProperty("limit").GetDouble());
        JsonElement calibration = report.GetProperty("calibration");
        Assert.InRange(calibration.GetProperty("sequences").GetInt32(), 8, 100);
        Assert.Empty(calibration.GetProperty("failures").EnumerateArray());
        string[] engines = [.. calibration.GetProperty("engines").EnumerateArray().Select(engine => engine.GetString()!)];
        Assert.All(
            ["reference, exact", "reference, ggml", "plain weights", "flash attention", "micro-batch 1", "micro-batch 512"],
            engine => Assert.Contains(engine, engines));
        Assert.Contains(engines, engine => engine.EndsWith(", as served", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Validate_finds_it_by_the_content_of_the_model()
    {
        using var folder = new TemporaryFolder();
        string copy = folder.File("renamed.gguf", await File.ReadAllBytesAsync(CalibratedModel.Model));
        JsonElement report = await ValidateAsync("--model", copy);
        Assert.Equal("pass", report.GetProperty("verdict").GetString());
        Assert.StartsWith("Calibrated on this machine", Reason(report), StringComparison.Ordinal);
        double limit = report.GetProperty("tolerance").GetProperty("limit").GetDouble();
        Assert.InRange(limit, Math.ScaleB(4, -23), 4 * Agreement.Floats);
        // The smallest fault: what the limit allows beside what was there.
        double smallest = (limit * report.GetProperty("rms_reference").GetDouble()) + report.GetProperty("max_abs_diff").GetDouble();
        Assert.Equal(smallest, report.GetProperty("smallest_fault").GetProperty("one_logit").GetDouble(), smallest * 1e-12);
    }

    [Theory]
    [InlineData("--no-calibration")]
    [InlineData("--numerics", "production")]
    public async Task A_calibration_is_not_used_if_it_does_not_apply(params string[] arguments)
    {
        JsonElement report = await ValidateAsync(["--model", CalibratedModel.Model, .. arguments]);
        Assert.StartsWith("F32 weights", Reason(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_sees_a_fault_that_the_default_tolerance_lets_pass()
    {
        // 5.6e-5 of the RMS, about half of what usually passes; right engines are 3e-6 apart, so that four times that is a fifth of it.
        using FaultyCopy faulty = FaultyCopy.OfF32(factor: 1.002f);
        string[] arguments = ["validate", "--model", CalibratedModel.Model, "--reference-model", faulty.Path];
        Outcome usual = await calibrated.RunAsync([.. arguments, "--no-calibration"]);
        Outcome sharp = await calibrated.RunAsync(arguments);
        Assert.True((usual.ExitCode, sharp.ExitCode) == (0, 1), usual.Output + sharp.Output);
    }

    [Fact]
    public async Task A_damaged_calibration_is_ignored_with_a_message()
    {
        using var folder = new TemporaryFolder();
        string kept = folder.File("kept.json", await File.ReadAllBytesAsync(calibrated.KeptIn));
        await AssertPassedOver(kept, null);
        await File.WriteAllTextAsync(kept, (await File.ReadAllTextAsync(kept)).Replace("\"longest\"", "\"longer\"", StringComparison.Ordinal));
        await AssertPassedOver(kept, "it is damaged");
        await AssertPassedOver(folder.File("absent.json"), "there is no such file");
    }

    [Fact]
    public async Task An_input_longer_than_any_measured_one_gets_the_default_tolerance()
    {
        string ids = string.Join(',', Enumerable.Range(0, 120).Select(i => 259 + i));
        Outcome outcome = await calibrated.RunAsync("validate", "--model", CalibratedModel.Model, "--tokens", ids, "--json");
        Assert.Contains("this one has 120", outcome.Error, StringComparison.Ordinal);
        Assert.StartsWith("F32 weights", Reason(JsonSerializer.Deserialize<JsonElement>(outcome.Output)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_the_production_setting_a_batch_of_eight_is_among_the_engines_and_near_them()
    {
        using var folder = new TemporaryFolder();
        Outcome outcome = await calibrated.RunAsync(
            "validate", "--calibrate", "--model", CalibratedModel.Model, "--numerics", "production", "--calibration", folder.File("kept.json"), "--json");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        var report = JsonSerializer.Deserialize<JsonElement>(outcome.Output);
        JsonElement[] distances = [.. report.GetProperty("calibration").GetProperty("distances").EnumerateArray()
            .Where(distance => distance.GetProperty("engine").GetString() == "in a batch of 8")];
        Assert.Equal(3, distances.Length); // from both references, and from the engine as it serves alone
        // Keys and values are rounded to 11 bits, as in every other production engine: an NMSE of some 2⁻²². Another's tokens would make it 1.
        Assert.All(distances, distance => Assert.InRange(distance.GetProperty("whole").GetDouble(), 0, 1e-4));
        Assert.Contains("one of them in a batch of 8", report.GetProperty("tolerance").GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    private async Task AssertPassedOver(string path, string? why)
    {
        Outcome outcome = await calibrated.RunAsync("validate", "--model", CalibratedModel.Model, "--calibration", path, "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(why is null ? "" : $"The calibration {path} is not used: {why}. The default tolerance applies; 'validate --calibrate' measures again.\n", outcome.Error);
        Assert.StartsWith(why is null ? "Calibrated" : "F32 weights", Reason(JsonSerializer.Deserialize<JsonElement>(outcome.Output)), StringComparison.Ordinal);
    }

    private async Task<JsonElement> ValidateAsync(params string[] arguments)
    {
        Outcome outcome = await calibrated.RunAsync(["validate", .. arguments, "--json"]);
        Assert.True(outcome.ExitCode == 0 && outcome.Error.Length == 0, outcome.ToString());
        return JsonSerializer.Deserialize<JsonElement>(outcome.Output);
    }

    private static string Reason(JsonElement report) => report.GetProperty("tolerance").GetProperty("reason").GetString()!;
}
