namespace Engine;

/// <summary>The special tokens of a vocabulary, by purpose; null if it has none.</summary>
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

    /// <summary>Pads batches (PAD).</summary>
    public int? Padding { get; init; }

    /// <summary>The token whose row stands for the input (CLS).</summary>
    public int? Classification { get; init; }

    /// <summary>Stands for a word to be predicted (MASK).</summary>
    public int? Mask { get; init; }

    /// <summary>All tokens that end a generation (end of sequence, end of turn, …), ascending.</summary>
    public IReadOnlyList<int> EndOfGeneration { get; init; } = [];
}
