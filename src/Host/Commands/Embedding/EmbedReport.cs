namespace Engine.Host.Commands.Embedding;

/// <summary>What <c>embed --json</c> prints.</summary>
internal sealed record EmbedReport
{
    /// <summary>A row (d) for each input, or with pooling <c>none</c> for each token; with <c>rank</c> the scores.</summary>
    public required IReadOnlyList<float[]> Embeddings { get; init; }

    public required Pooling Pooling { get; init; }

    public required int Dimensions { get; init; }

    public required bool Normalized { get; init; }

    /// <summary>Token ids of each input, special ones included.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Tokens { get; init; }

    public required string Model { get; init; }

    public required string Backend { get; init; }

    public required string Device { get; init; }
}
