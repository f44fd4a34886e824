namespace Engine;

/// <summary>The ids of a vocabulary that are no words, by what they are for; null if the vocabulary has none of a kind.</summary>
public sealed record SpecialTokenIds
{
    /// <summary>Goes before a text (BOS).</summary>
    public int? BeginningOfSequence { get; init; }

    /// <summary>Goes after a text (EOS).</summary>
    public int? EndOfSequence { get; init; }

    /// <summary>Stands for text that the vocabulary cannot spell (UNK).</summary>
    public int? Unknown { get; init; }

    /// <summary>Ends each of two sentences (SEP).</summary>
    public int? Separator { get; init; }

    /// <summary>Fills up batches (PAD).</summary>
    public int? Padding { get; init; }

    /// <summary>The token whose row stands for the input (CLS).</summary>
    public int? Classification { get; init; }

    /// <summary>Where a word is to be found (MASK).</summary>
    public int? Mask { get; init; }

    /// <summary>All at which a generation ends (end of sequence, end of turn, …), ascending.</summary>
    public IReadOnlyList<int> EndOfGeneration { get; init; } = [];
}
