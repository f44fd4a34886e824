using Engine;

namespace ReferenceModels.Tokenizers;

/// <summary>The tokenizer of a file without a vocabulary: it knows how many ids there are.</summary>
internal sealed class NoVocabulary(int size) : ITokenizer
{
    /// <inheritdoc/>
    public int VocabularySize => size;

    /// <inheritdoc/>
    public int? BeginningOfSequence => throw Refusal();

    /// <inheritdoc/>
    public int? EndOfSequence => throw Refusal();

    /// <inheritdoc/>
    public bool IsEndOfGeneration(int token) => false;

    /// <inheritdoc/>
    public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) => throw Refusal();

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> GetBytes(int token) => throw Refusal();

    /// <inheritdoc/>
    public string GetPiece(int token) => throw Refusal();

    /// <inheritdoc/>
    public string Decode(IEnumerable<int> tokens) => throw Refusal();

    private static UnsupportedRequestException Refusal() =>
        new("Using the vocabulary: the model file has none ('tokenizer.ggml.model' is 'none'). Give token ids and read token ids.");
}
