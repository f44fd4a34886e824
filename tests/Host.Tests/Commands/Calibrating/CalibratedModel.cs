using System.Text.Json;

namespace Engine.Host.Tests.Commands.Calibrating;

/// <summary>The real F32 weights, calibrated once for all tests of a class, in a cache folder of their own.</summary>
public sealed class CalibratedModel : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    internal Outcome Outcome { get; private set; } = null!;

    public static string Model => TestData.Model("aidreams260K-f32.gguf");

    public string KeptIn => JsonSerializer.Deserialize<JsonElement>(Outcome.Output).GetProperty("kept_in").GetString()!;

    public async Task InitializeAsync() =>
        Outcome = await RunAsync("validate", "--calibrate", "--model", Model, "--json");

    internal Task<Outcome> RunAsync(params string[] arguments) =>
        EngineProcess.RunAsync(arguments, null, new Dictionary<string, string> { ["XDG_CACHE_HOME"] = _folder.File("cache") });

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();
}
