using System.Text.Json;

namespace Engine.Host.Tests.Commands.Validating;

public sealed class ValidateFamiliesTests
{
    [Theory]
    [InlineData("llama", "logits", Agreement.Floats)]
    [InlineData("gpt2", "logits", Agreement.HalfGelu)]
    [InlineData("bert", "mean embedding,[CLS] embedding,rank scores", Agreement.HalfGelu)]
    [InlineData("t5", "encoder rows", Agreement.Floats)]
    public async Task Every_family_agrees_in_strict_and_in_production(string family, string also, double most)
    {
        using var folder = new TemporaryFolder();
        string model = Write(family, folder.File("tiny.gguf"));
        JsonElement strict = await ValidateAsync("--model", model);
        Assert.InRange(strict.GetProperty("max_rel_diff").GetDouble(), 0, most);
        Assert.Equal(family == "bert" ? JsonValueKind.Null : JsonValueKind.Number, strict.GetProperty("vocabulary").ValueKind);
        string[] names = strict.TryGetProperty("also", out JsonElement rows) ? [.. rows.EnumerateArray().Select(row => row.GetProperty("name").GetString()!)] : ["logits"];
        Assert.Equal(also.Split(','), names);
        JsonElement production = await ValidateAsync("--model", model, "--numerics", "production");
        Assert.Equal("nmse", production.GetProperty("tolerance").GetProperty("metric").GetString());
    }

    [Fact]
    public async Task The_target_of_an_encoder_decoder_is_a_text_or_ids()
    {
        using var folder = new TemporaryFolder();
        string model = Write("t5", folder.File("tiny.gguf"));
        Assert.Equal(4, (await ValidateAsync("--model", model, "--tokens", "5,6,7", "--target-tokens", "0,9,8,7")).GetProperty("positions").GetInt32());
        Assert.InRange((await ValidateAsync("--model", model, "--text", "a b", "--target", "c")).GetProperty("positions").GetInt32(), 2, 10);
        Outcome both = await EngineProcess.RunAsync("validate", "--model", model, "--target", "c", "--target-tokens", "1");
        Assert.Equal((2, "Expected one target, found two: give one of --target and --target-tokens.\n"), (both.ExitCode, both.Error));
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("t5")]
    public async Task Encoders_and_encoder_decoders_are_calibrated_too(string family)
    {
        using var folder = new TemporaryFolder();
        string model = Write(family, folder.File("tiny.gguf"));
        Outcome calibrated = await EngineProcess.RunAsync("validate", "--model", model, "--calibrate", "--calibration", folder.File("kept.json"));
        Assert.True(calibrated.ExitCode == 0, calibrated.ToString());
        Assert.DoesNotContain("Not measured", calibrated.Output, StringComparison.Ordinal);
        Assert.All(calibrated.Output.Split('\n').Where(line => !line.StartsWith("Kept in", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, 80));
        JsonElement report = await ValidateAsync("--model", model, "--calibration", folder.File("kept.json"));
        Assert.StartsWith("Calibrated", report.GetProperty("tolerance").GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    private static string Write(string family, string path) => family switch
    {
        "llama" => TinyFamilies.Llama(path),
        "gpt2" => TinyFamilies.Gpt2(path),
        "bert" => TinyFamilies.Bert(path),
        _ => TinyFamilies.T5(path),
    };

    private static async Task<JsonElement> ValidateAsync(params string[] arguments)
    {
        Outcome outcome = await EngineProcess.RunAsync(["validate", .. arguments, "--json"]);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return JsonSerializer.Deserialize<JsonElement>(outcome.Output);
    }
}
