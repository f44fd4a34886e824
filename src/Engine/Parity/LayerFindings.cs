using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>The results of comparing two models op by op.</summary>
public sealed record LayerFindings
{
    /// <summary>All ops of both sides in the order of the native graph.</summary>
    public required IReadOnlyList<ParityLayer> Layers { get; init; }

    /// <summary>The first op that diverges; null if none does.</summary>
    public required ParityDivergence? FirstDivergence { get; init; }

    /// <summary>How the ops were compared, and the result in words.</summary>
    public required LayerScope Scope { get; init; }
}

/// <summary>The input on which ops were compared.</summary>
/// <param name="Positions">The number of tokens whose activations were compared.</param>
/// <param name="Tokens">The number of tokens of the input; more than <paramref name="Positions"/> if not all fitted into memory.</param>
/// <param name="Arithmetic">The reference's arithmetic.</param>
/// <param name="Explanation">Names the first op that diverges and by how much, or says that none does.</param>
public sealed record LayerScope(
    [property: JsonPropertyName("positions")] int Positions,
    [property: JsonPropertyName("tokens")] int Tokens,
    [property: JsonPropertyName("arithmetic"), JsonConverter(typeof(SnakeCaseEnum<Arithmetic>))] Arithmetic Arithmetic,
    [property: JsonPropertyName("explanation")] string Explanation);
