namespace Engine.Generation;

/// <summary>The tokenizer of a file without a vocabulary, with which only ids go in and out. llama.cpp would end the
/// process if asked for the text of one.</summary>
internal sealed class NoVocabulary(string model, int size) : ITokenizer
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

    private UnsupportedRequestException Refusal() =>
        new($"Splitting text with {model}: the file has no vocabulary. Send token ids, or take a file that has one.");
}
