namespace Engine.Host.Commands.Tokenization;

/// <summary>What one or two tokenizers make of the same text.</summary>
/// <param name="Text">The text.</param>
/// <param name="First">What is shown: llama.cpp's where both were asked.</param>
/// <param name="Second">What it is compared with; null where there is none.</param>
/// <param name="Refusals">Why a tokenizer that was asked did not answer.</param>
internal sealed record TokenizationPair(string Text, Tokenization First, Tokenization? Second, IReadOnlyList<string> Refusals)
{
    /// <summary>Index of the first token on which the two differ; null where they agree, or where there is but one.</summary>
    public int? FirstDifference { get; } = Second is null || First.Ids.SequenceEqual(Second.Ids) ? null : First.Ids.Zip(Second.Ids).TakeWhile(pair => pair.First == pair.Second).Count();

    /// <summary>The difference in a sentence.</summary>
    public string? DescribeDifference() => FirstDifference is not { } index ? null
        : $"{First.Backend} and {Second!.Backend} DIFFER, first at token {index}: {Describe(First, index)} against {Describe(Second, index)}.";

    private static string Describe(Tokenization tokens, int index) =>
        index < tokens.Ids.Count ? $"{tokens.Ids[index]} '{PieceText.Printable(tokens.Pieces[index])}'" : "the end";
}
