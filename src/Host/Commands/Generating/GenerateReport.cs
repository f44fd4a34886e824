using System.Text.Json.Serialization;
using Engine.Parity;

namespace Engine.Host.Commands.Generating;

/// <summary>What <c>generate --json</c> prints.</summary>
internal sealed record GenerateReport
{
    public required string Text { get; init; }

    /// <summary>The generated ids, an end-of-generation token included.</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary><see cref="Engine.FinishReason"/> in snake case, or <c>cancelled</c>.</summary>
    public required string FinishReason { get; init; }

    public required int PromptTokens { get; init; }

    public double? PrefillTokensPerSecond { get; init; }

    public double? DecodeTokensPerSecond { get; init; }

    public required string Model { get; init; }

    public required string Backend { get; init; }

    public required string Device { get; init; }

    /// <summary>Null for greedy sampling, which draws nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? Seed { get; init; }

    /// <summary>With <c>--verify</c>: the reference's verdict on the logits that the tokens were sampled from.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ParityReport? Validate { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GenerateReport))]
internal sealed partial class GenerateReportJson : JsonSerializerContext;
