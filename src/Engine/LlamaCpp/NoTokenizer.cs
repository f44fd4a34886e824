namespace Engine.LlamaCpp;

/// <summary>The tokenizer of a file without a vocabulary: any native call for one would end the process.</summary>
internal sealed class NoTokenizer(string model, int size) : ITokenizer
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
