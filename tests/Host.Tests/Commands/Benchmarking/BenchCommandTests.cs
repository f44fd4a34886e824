using System.Text.Json;

namespace Engine.Host.Tests.Commands.Benchmarking;

public sealed class BenchCommandTests
{
    private static string Model => TestData.Model("aidreams260K-f32.gguf");

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task The_json_document_has_the_fields_other_programs_rely_on(string backend)
    {
        Outcome outcome = await EngineProcess.RunAsync(
            "bench", "--model", Model, "--backend", backend, "--prompt-tokens", "32", "--generate-tokens", "8", "--repeat", "2", "--threads", "1", "--json");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        var report = JsonSerializer.Deserialize<JsonElement>(outcome.Output);
        Assert.Equal(backend, report.GetProperty("backend").GetString());
        Assert.Equal(1, report.GetProperty("threads").GetInt32());
        Assert.False(string.IsNullOrEmpty(report.GetProperty("device").GetString()));
        Assert.All(["prefill_tokens_per_second", "decode_tokens_per_second", "load_seconds", "peak_memory_bytes"],
            name => Assert.True(report.GetProperty(name).GetDouble() > 0, name));
        Assert.True(report.GetProperty("peak_memory_bytes").GetInt64() > new FileInfo(Model).Length);
    }

    [Theory]
    [InlineData("reference", "ggml", "ggml")]
    [InlineData("reference", "Exact", "exact")]
    [InlineData("llama.cpp", "ggml", null)]
    public async Task The_document_names_the_arithmetic_of_a_backend_that_has_two(string backend, string asked, string? named)
    {
        Outcome outcome = await EngineProcess.RunAsync(
            "bench", "--model", TestData.Model("aidreams260K-q8_0.gguf"), "--backend", backend, "--arithmetic", asked, "--prompt-tokens", "16", "--generate-tokens", "4", "--repeat", "1", "--json");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Equal(named, JsonSerializer.Deserialize<JsonElement>(outcome.Output).GetProperty("arithmetic").GetString());
    }

    [Fact]
    public async Task More_tokens_than_the_context_holds_are_refused_with_all_numbers()
    {
        Outcome outcome = await EngineProcess.RunAsync("bench", "--model", Model, "--prompt-tokens", "120", "--generate-tokens", "60");
        Assert.Equal(2, outcome.ExitCode);
        Assert.All(["120", "60", "128", "181"], number => Assert.Contains(number, outcome.Error, StringComparison.Ordinal));
    }
}
