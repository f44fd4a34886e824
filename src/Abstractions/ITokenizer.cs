namespace Engine;

/// <summary>Text to token ids and back, by one model's vocabulary.</summary>
/// <remarks>Safe to call from many threads at once. A model without a vocabulary throws
/// <see cref="UnsupportedRequestException"/> from every member but <see cref="VocabularySize"/> and
/// <see cref="IsEndOfGeneration"/>.</remarks>
public interface ITokenizer
{
    /// <summary>Number of token ids; ids run from 0 to this number less one.</summary>
    int VocabularySize { get; }

    /// <summary>The beginning-of-sequence id, or null if the vocabulary has none.</summary>
    int? BeginningOfSequence { get; }

    /// <summary>The end-of-sequence id, or null if the vocabulary has none.</summary>
    int? EndOfSequence { get; }

    /// <summary>Whether generation stops at this token (end of sequence, end of turn, …). False for ids out of range.</summary>
    bool IsEndOfGeneration(int token);

    /// <summary>Splits text into token ids. Ill-formed UTF-16 becomes U+FFFD first.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecial">Adds the ids that the model's metadata asks for around a text (BOS, EOS).</param>
    /// <param name="parseSpecial">Reads the text of special tokens as these tokens. Off for what users send.</param>
    IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false);

    /// <summary>The bytes one token stands for; they need not be whole characters. Empty for control tokens.</summary>
    /// <exception cref="TokenOutOfRangeException">The id is not in the vocabulary.</exception>
    ReadOnlyMemory<byte> GetBytes(int token);

    /// <summary>The token's own text in the vocabulary, such as <c>▁the</c> or <c>&lt;0x0A&gt;</c>.</summary>
    /// <exception cref="TokenOutOfRangeException">The id is not in the vocabulary.</exception>
    string GetPiece(int token);

    /// <summary>The text of a token sequence; bytes that are no character become U+FFFD.</summary>
    /// <exception cref="TokenOutOfRangeException">An id is not in the vocabulary.</exception>
    string Decode(IEnumerable<int> tokens);
}
