using System.Text.Json;

namespace Engine.Host.Tests.Commands.Validating;

public sealed class ValidateCommandTests
{
    private static string Model => TestData.Model("aidreams260K-f32.gguf");

    [Fact]
    public async Task Native_and_reference_agree_on_F32_weights_in_strict()
    {
        Outcome outcome = await EngineProcess.RunAsync("validate", "--model", Model, "--json");
        Assert.Equal(0, outcome.ExitCode);
        var report = JsonSerializer.Deserialize<JsonElement>(outcome.Output);
        Assert.Equal("pass", report.GetProperty("verdict").GetString());
        Assert.Equal("strict", report.GetProperty("setting").GetString());
        Assert.InRange(report.GetProperty("max_rel_diff").GetDouble(), double.Epsilon, Agreement.Floats); // not 0, as of one engine with itself
        Assert.Equal(1, report.GetProperty("same_top1").GetDouble());
        Assert.Equal(512, report.GetProperty("vocabulary").GetInt32());
        Assert.All(
            ["positions", "nmse", "cosine", "kl_mean", "kl_p99", "kl_max", "perplexity_native", "perplexity_reference", "tolerance", "first_divergence"],
            name => Assert.True(report.TryGetProperty(name, out _), name));
    }

    [Theory]
    [InlineData("--tokens", "1,319,459,355,260,275")]
    [InlineData("--text", "Once upon a time")]
    [InlineData("--numerics", "production")]
    public async Task The_report_for_people_ends_with_the_verdict(string option, string value)
    {
        Outcome outcome = await EngineProcess.RunAsync("validate", "--model", Model, option, value);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Empty(outcome.Error);
        string[] lines = outcome.Output.TrimEnd('\n').Split('\n');
        Assert.StartsWith("PASS:", lines[^1], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public async Task The_quantized_file_passes_too()
    {
        Outcome outcome = await EngineProcess.RunAsync("validate", "--model", TestData.Model("aidreams260K-q8_0.gguf"));
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(171)]
    public async Task One_weight_5_percent_off_on_one_side_fails(int index)
    {
        using FaultyCopy faulty = FaultyCopy.OfF32(factor: 1.05f, index);
        Outcome outcome = await EngineProcess.RunAsync("validate", "--model", Model, "--reference-model", faulty.Path, "--json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("fail", JsonSerializer.Deserialize<JsonElement>(outcome.Output).GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task A_text_longer_than_the_context_is_unusable_and_not_a_failure()
    {
        Outcome outcome = await EngineProcess.RunAsync("validate", "--model", Model, "--text", new string('x', 500));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("128", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Theory]
    [InlineData("aidreams260K-f32.gguf")]
    [InlineData("aidreams260K-q8_0.gguf")]
    public async Task Comparing_the_ops_of_a_correct_pair_passes_in_either_arithmetic(string file)
    {
        foreach (string[] arithmetic in (string[][])[[], ["--arithmetic", "exact"], ["--arithmetic", "ggml"]])
        {
            Outcome outcome = await EngineProcess.RunAsync(["validate", "--model", TestData.Model(file), "--layers", "--json", .. arithmetic]);
            Assert.True(outcome.ExitCode == 0, outcome.ToString());
            var report = JsonSerializer.Deserialize<JsonElement>(outcome.Output);
            Assert.All(report.GetProperty("layers").EnumerateArray().Where(layer => layer.GetProperty("status").GetString() != "UNMEASURED"), layer =>
            {
                Assert.Equal("ok", layer.GetProperty("status").GetString());
                Assert.All(["name", "op", "occurrence", "nmse", "max_abs_diff"], name => Assert.True(layer.TryGetProperty(name, out _), name));
            });
        }
    }

    [Fact]
    public async Task Comparing_the_ops_names_the_op_of_one_wrong_weight_in_80_columns()
    {
        using FaultyCopy faulty = FaultyCopy.OfF32(factor: 1.01f);
        string[] arguments = ["validate", "--model", Model, "--reference-model", faulty.Path, "--layers"];
        Outcome outcome = await EngineProcess.RunAsync(arguments);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("FAIL: layer 2, ffn_out (MUL_MAT): ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("All ops of layer 2:", outcome.Output, StringComparison.Ordinal);
        Assert.All(outcome.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));

        Outcome json = await EngineProcess.RunAsync([.. arguments, "--json"]);
        JsonElement divergence = JsonSerializer.Deserialize<JsonElement>(json.Output).GetProperty("first_divergence");
        Assert.Equal(("ffn_out-2", "MUL_MAT", 0), (divergence.GetProperty("name").GetString(), divergence.GetProperty("op").GetString(), divergence.GetProperty("occurrence").GetInt32()));
        Assert.True(divergence.TryGetProperty("position", out _));
    }
}
