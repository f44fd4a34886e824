namespace Engine.LlamaCpp;

/// <summary>What llama.cpp reports about a vocabulary, and what <c>llama_tokenize</c> would assert.</summary>
/// <param name="Size">V.</param>
/// <param name="BeginningOfSequence">Its id, if there is one.</param>
/// <param name="EndOfSequence">Its id, if there is one.</param>
internal sealed record VocabularyTraits(int Size, int? BeginningOfSequence, int? EndOfSequence)
{
    /// <summary>The separator's id, if there is one.</summary>
    public int? Separator { get; init; }

    /// <summary>Whether it is WordPiece, which puts a text between the beginning and the separator.</summary>
    public bool IsWordPiece { get; init; }

    /// <summary>Whether the metadata asks for the beginning before a text.</summary>
    public bool AddsBeginning { get; init; }

    /// <summary>Whether the metadata asks for the end after a text.</summary>
    public bool AddsEnd { get; init; }

    /// <summary>Whether generation stops at an id.</summary>
    public required Func<int, bool> Ends { get; init; }

    /// <summary>Whether there is an id for each special token that the metadata requires around a text. Otherwise <c>llama_tokenize</c>
    /// ends the process.</summary>
    public bool DefinesRequestedSpecials => IsWordPiece
        ? BeginningOfSequence is not null && Separator is not null
        : (BeginningOfSequence is not null || !AddsBeginning) && (EndOfSequence is not null || !AddsEnd);
}
