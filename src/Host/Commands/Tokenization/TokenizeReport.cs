using System.Text.Json.Serialization;

namespace Engine.Host.Commands.Tokenization;

/// <summary>What <c>tokenize --json</c> prints.</summary>
internal sealed record TokenizeReport
{
    /// <summary>Whose tokens <see cref="Ids"/> are.</summary>
    public required string Tokenizer { get; init; }

    public required string Text { get; init; }

    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Each token's own text in the vocabulary.</summary>
    public required IReadOnlyList<string> Pieces { get; init; }

    /// <summary>The tokens by other tokenizers, if they were asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<OtherTokens>? Others { get; init; }

    /// <summary>Whether all agree.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Same { get; init; }

    /// <summary>Index of the first token on which they do not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? FirstDifference { get; init; }

    public static TokenizeReport Of(TextTokens text) => new()
    {
        Tokenizer = text.First.Name,
        Text = text.Text,
        Ids = text.First.Ids,
        Pieces = text.First.Pieces,
        Others = text.Others.Count == 0 ? null
            : [.. text.Others.Select(other => new OtherTokens(other.Name, other.Ids, other.Pieces, text.First.DifferenceFrom(other)))],
        Same = text.Others.Count == 0 ? null : text.FirstDifference is null,
        FirstDifference = text.FirstDifference,
    };
}

/// <summary>The tokens of the text by another tokenizer.</summary>
/// <param name="Tokenizer">Whose tokens they are.</param>
/// <param name="Ids">The tokens.</param>
/// <param name="Pieces">Each token's own text in the vocabulary.</param>
/// <param name="FirstDifference">Index of the first token that differs from the report's own.</param>
internal sealed record OtherTokens(
    string Tokenizer, IReadOnlyList<int> Ids, IReadOnlyList<string> Pieces,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? FirstDifference);

/// <summary>What <c>tokenize --cases FILE --json</c> prints.</summary>
/// <param name="Cases">One for each text.</param>
internal sealed record TokenizeCasesReport(IReadOnlyList<TokenizeReport> Cases);
