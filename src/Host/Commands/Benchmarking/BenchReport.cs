using System.Text.Json.Serialization;

namespace Engine.Host.Commands.Benchmarking;

/// <summary>What <c>bench --json</c> prints. Rates are medians over the repetitions.</summary>
internal sealed record BenchReport
{
    public required string Backend { get; init; }

    public required string Device { get; init; }

    /// <summary><c>exact</c> or <c>ggml</c>; null for a backend with only one arithmetic.</summary>
    public required string? Arithmetic { get; init; }

    public required int Threads { get; init; }

    public required double PrefillTokensPerSecond { get; init; }

    public required double DecodeTokensPerSecond { get; init; }

    public required double LoadSeconds { get; init; }

    /// <summary>The largest resident set of the process, mapped pages of the model file included.</summary>
    public required long PeakMemoryBytes { get; init; }

    public required string Model { get; init; }

    /// <summary>The LoRA adapters beside it, each with its scale.</summary>
    public required IReadOnlyList<AdapterOptions> Adapters { get; init; }

    public required string FileType { get; init; }

    public required long Parameters { get; init; }

    public required long TensorBytes { get; init; }

    public required int PromptTokens { get; init; }

    public required int GenerateTokens { get; init; }

    public required int Repeat { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchReportJson : JsonSerializerContext;
