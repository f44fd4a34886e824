using Engine.Parity;
using Engine.Shadow;

namespace Engine.Host.Tests.Shadow;

/// <summary>Records as the judge makes them.</summary>
internal static class ShadowRecords
{
    public static DateTimeOffset Noon { get; } = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    public static ModelCard Card { get; } = new()
    {
        Name = "story",
        Path = "story.gguf",
        Architecture = "llama",
        Backend = "llama.cpp",
        Device = "cpu",
        FileType = "F32",
        Parameters = 0,
        TensorBytes = 0,
        VocabularySize = 50,
        EmbeddingLength = 8,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 4,
        ContextLength = 16,
        TrainedContextLength = 16,
        Capabilities = ModelCapabilities.Score | ModelCapabilities.Generate,
    };

    public static ShadowRecord At(TimeSpan after, string model = "story", double? nmse = 1e-6, ParityVerdict verdict = ParityVerdict.Pass, string request = "r") => new()
    {
        Time = Noon + after,
        RequestId = request,
        Model = model,
        Oracle = "reference",
        Numerics = Numerics.Production,
        Positions = 12,
        FullRows = 4,
        Kl = nmse / 10,
        TopOne = 1,
        Nmse = nmse,
        MaxAbsolute = 0.5,
        Verdict = verdict,
        Tolerance = new Tolerance { Metric = ParityMetric.Nmse, Limit = 0.01, RowLimit = 0.1, Reason = "for tests" },
        ToleranceSource = ToleranceSource.Calibration,
        Reason = verdict == ParityVerdict.Pass ? "NMSE is within 0.01" : "NMSE is above 0.01",
    };
}
