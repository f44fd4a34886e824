namespace Engine.Host.Commands.Tokenization;

/// <summary>The tokens of the same text by several tokenizers.</summary>
/// <param name="First">The tokens that are shown and that the others are compared with.</param>
/// <param name="Others">The others, if more than one tokenizer was requested.</param>
/// <param name="Refusals">Why a tokenizer failed to split the text.</param>
internal sealed record TextTokens(string Text, Tokenization First, IReadOnlyList<Tokenization> Others, IReadOnlyList<string> Refusals)
{
    /// <summary>The first of the others that splits the text differently; null if all agree.</summary>
    public Tokenization? Differing { get; } = Others.FirstOrDefault(other => First.DifferenceFrom(other) is not null);

    /// <summary>Index of the first token on which <see cref="Differing"/> differs; null if all agree.</summary>
    public int? FirstDifference => Differing is null ? null : First.DifferenceFrom(Differing);

    /// <summary>The message about the difference.</summary>
    public string? DescribeDifference() => FirstDifference is not { } index ? null
        : $"{First.Name} and {Differing!.Name} DIFFER, first at token {index}: {Describe(First, index)} against {Describe(Differing, index)}.";

    private static string Describe(Tokenization tokens, int index) =>
        index < tokens.Ids.Count ? $"{tokens.Ids[index]} '{PieceText.Printable(tokens.Pieces[index])}'" : "the end";
}
