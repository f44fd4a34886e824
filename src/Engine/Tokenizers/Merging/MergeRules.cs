namespace Engine.Tokenizers.Merging;

/// <summary>Which neighbours a vocabulary merges.</summary>
internal interface IMergeRule
{
    /// <summary>What two neighbours become; <see cref="Merge.None"/> if they stay apart. It depends only on the two.</summary>
    Merge Join(Symbol left, Symbol right);
}

/// <summary>What two neighbours become.</summary>
/// <param name="Order">Merges of smaller order go first.</param>
/// <param name="Piece">The number of the merged piece.</param>
internal readonly record struct Merge(uint Order, int Piece)
{
    /// <summary>They stay apart.</summary>
    public static readonly Merge None = new(uint.MaxValue, -1);
}

/// <summary>SentencePiece's rule: neighbours merge if their joined text is a token, the highest score first.</summary>
internal readonly ref struct ScoreRule(Vocabulary vocabulary, ReadOnlySpan<byte> text) : IMergeRule
{
    private readonly ReadOnlySpan<byte> _text = text;

    /// <inheritdoc/>
    public Merge Join(Symbol left, Symbol right)
    {
        int length = left.Length + right.Length;
        int token = length <= vocabulary.LongestBytes ? vocabulary.Find(_text.Slice(left.Start, length)) : -1;
        return token < 0 ? Merge.None : new Merge(Order(vocabulary.Scores[token]), token);
    }

    // The bits of the float, transformed so that they grow as the score falls. Adding 0 turns -0 into 0.
    private static uint Order(float score)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        uint falling = (bits & 0x8000_0000) != 0 ? bits : ~(bits | 0x8000_0000);
        return Math.Min(falling, Merge.None.Order - 1);
    }
}
