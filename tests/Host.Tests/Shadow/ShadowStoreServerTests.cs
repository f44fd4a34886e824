using System.Text.Json;
using Engine.Host.Tests.Api;

namespace Engine.Host.Tests.Shadow;

/// <summary>A server with a store, and the report of it.</summary>
public sealed class ShadowStoreServerTests : IDisposable
{
    private static readonly string Model = Path.Combine(SharedFolder.Checkout, "models", "llama-stories-q8_0.gguf");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Real_answers_are_in_the_report_and_coverage_continues_after_a_restart()
    {
        JsonElement first = await ServeAndReportAsync("Once upon a time", samples: 1);
        JsonElement second = await ServeAndReportAsync("Tom and Sue went to the park", samples: 2);
        Assert.Equal((1, 2), (first.GetProperty("passed").GetInt32(), second.GetProperty("passed").GetInt32()));
        Assert.Equal(16, second.GetProperty("positions").GetInt32());
        Assert.Equal("reference", Assert.Single(second.GetProperty("oracles").EnumerateArray()).GetString());
        (JsonElement before, JsonElement after) = (first.GetProperty("coverage"), second.GetProperty("coverage"));
        Assert.Equal((1, 2), (before.GetProperty("samples").GetInt32(), after.GetProperty("samples").GetInt32()));
        Assert.InRange(before.GetProperty("rows_used").GetInt32(), 5, after.GetProperty("rows_used").GetInt32() - 1);
        // No text and no ids: nobody has allowed them.
        Assert.DoesNotContain("Once", System.Text.Encoding.UTF8.GetString(await File.ReadAllBytesAsync(_folder.File("shadow.db"))), StringComparison.Ordinal);
    }

    // The model's part of the report once it has this many samples, while the server runs.
    private async Task<JsonElement> ServeAndReportAsync(string prompt, int samples)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--model", Model], ("Engine__Shadow__Rate", "1"), ("Engine__Shadow__CpuShare", "1"), ("Engine__Shadow__Store", _folder.File("shadow.db")));
        await serve.CompleteAsync(JsonSerializer.Serialize(new { prompt, max_tokens = 8, temperature = 0 }));
        for (int i = 0; i < 100; i++)
        {
            Outcome report = await EngineProcess.RunAsync("shadow", "report", _folder.File("shadow.db"), "--json");
            Assert.Equal((0, ""), (report.ExitCode, report.Error));
            JsonElement models = JsonElement.Parse(report.Output).GetProperty("models");
            if (models.GetArrayLength() > 0 && models[0].GetProperty("coverage") is { ValueKind: JsonValueKind.Object } coverage && coverage.GetProperty("samples").GetInt32() == samples)
            {
                serve.Terminate();
                Assert.Equal(0, await serve.ExitAsync());
                return models[0];
            }
            await Task.Delay(100);
        }
        throw new TimeoutException($"The report never had {samples} samples:\n{serve.Log}");
    }
}
