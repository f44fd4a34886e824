using System.Text.Json.Serialization;

namespace Engine.Host.Commands.Tokenization;

/// <summary>What <c>tokenize --json</c> prints.</summary>
internal sealed record TokenizeReport
{
    /// <summary>Whose tokens <see cref="Ids"/> are.</summary>
    public required string Backend { get; init; }

    public required string Text { get; init; }

    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Each token's own text in the vocabulary.</summary>
    public required IReadOnlyList<string> Pieces { get; init; }

    /// <summary>The other tokenizer's ids, where both were asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? ReferenceIds { get; init; }

    /// <summary>The other tokenizer's pieces, where both were asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? ReferencePieces { get; init; }

    /// <summary>Whether the two agree.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Same { get; init; }

    /// <summary>Index of the first token on which they do not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? FirstDifference { get; init; }

    public static TokenizeReport Of(TokenizationPair pair) => new()
    {
        Backend = pair.First.Backend,
        Text = pair.Text,
        Ids = pair.First.Ids,
        Pieces = pair.First.Pieces,
        ReferenceIds = pair.Second?.Ids,
        ReferencePieces = pair.Second?.Pieces,
        Same = pair.Second is null ? null : pair.FirstDifference is null,
        FirstDifference = pair.FirstDifference,
    };
}

/// <summary>What <c>tokenize --cases FILE --json</c> prints.</summary>
/// <param name="Cases">One for each text.</param>
internal sealed record TokenizeCasesReport(IReadOnlyList<TokenizeReport> Cases);
