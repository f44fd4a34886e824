using System.Net.Http.Json;
using System.Text.Json;
using Engine.Gguf;
using Engine.Host.Commands.Calibrating;
using Engine.Host.Tests.Api;
using Engine.LlamaCpp.Direct;
using Engine.Parity;

namespace Engine.Host.Tests.Shadow;

/// <summary><c>engine serve</c> that checks its own answers.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class ShadowServiceTests : IDisposable
{
    private static readonly string Right = TestData.Model("aidreams260K-f32.gguf");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task With_a_calibrated_tolerance_a_tensor_times_1_01_shows_in_health_with_its_op()
    {
        string cache = await CalibrateAsync();
        using var faulty = FaultyCopy.OfWholeTensor(factor: 1.01f);
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--backend", "llama.cpp", "--device", "cpu"],
            ("XDG_CACHE_HOME", cache), ("Engine__Models__default__Path", faulty.Path), ("Engine__Models__oracle__Path", Right), ("Engine__Models__oracle__Backend", "reference"),
            ("Engine__Shadow__Rate", "1"), ("Engine__Shadow__Oracle", "oracle"), ("Engine__Shadow__CpuShare", "1"), ("Engine__Shadow__Alarm__Least", "3"), ("Engine__Shadow__Queue", "100"),
            ("Engine__Shadow__Store", _folder.File("shadow.db")));
        JsonElement health = default;
        int asked = 0;
        string? Error() => health.GetProperty("models").GetProperty("default").TryGetProperty("error", out JsonElement error) ? error.GetString() : null;
        do
        {
            await serve.CompleteAsync("""{"prompt": "Once upon a time, there was a little girl.", "max_tokens": 24, "temperature": 0.8}""");
            await Task.Delay(100);
            health = await serve.Client.GetFromJsonAsync<JsonElement>("/health");
        }
        while (Error()?.Contains("The first op that diverges is", StringComparison.Ordinal) != true && ++asked < 50);
        Assert.Equal("degraded", health.GetProperty("models").GetProperty("default").GetProperty("status").GetString());
        Assert.Contains("is above 2.42e-7", Error(), StringComparison.Ordinal); // by file type it would be 1e-4
        Assert.Contains("The first op that diverges is layer 2, ffn_out (MUL_MAT)", Error(), StringComparison.Ordinal);
        Assert.True((await serve.Client.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode); // it still answers
        serve.Terminate();
        Assert.Equal(0, await serve.ExitAsync());
        Assert.DoesNotContain("little girl", serve.Log, StringComparison.Ordinal);
    }

    /// <summary>Keeps what <c>validate --calibrate --numerics production</c> measured of these weights once, as measured here and with this build: measuring takes half a minute.</summary>
    private async Task<string> CalibrateAsync()
    {
        using GgufFile file = GgufFile.Open(Right);
        var calibration = new Calibration
        {
            Models = [await ContentHash.ComputeAsync(Right, showsProgress: false, default)],
            ModelBytes = file.FileBytes,
            Numerics = Numerics.Production,
            Environment = CalibrationEnvironment.Of(new ModelOptions { Path = Right }, await CardAsync()),
            Measured = new DateTimeOffset(2026, 11, 29, 10, 0, 0, TimeSpan.Zero),
            Sequences = 8,
            Positions = 231,
            Longest = 102,
            Metric = ParityMetric.Nmse,
            Engines = [Calibration.ExactReference, "haswell", Calibration.BatchOfEight],
            Distances = [new EngineDistance("haswell", Calibration.ExactReference, 6.06e-8, 4.25e-6, 0.00395, 6.06e-8, 0.00395)],
            Failures = [],
        };
        string cache = _folder.File("cache");
        CalibrationFolder.Keep(calibration, new CalibrationFolder(Path.Combine(cache, "engine", "calibration")).Path(calibration.Models, calibration.ModelBytes, calibration.Numerics));
        return cache;
    }

    private static async Task<ModelCard> CardAsync()
    {
        await using IModel model = await new LlamaCppBackend().LoadAsync(new ModelOptions { Path = Right, Device = "cpu" });
        return model.Card;
    }
}
