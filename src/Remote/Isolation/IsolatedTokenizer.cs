namespace Engine.Remote.Isolation;

/// <summary>The tokenizer of a model in its own process: the vocabulary is kept here, texts are split there.</summary>
internal sealed class IsolatedTokenizer(IsolatedModel model, Supervisor supervisor) : ITokenizer
{
    private ITokenizer Last => supervisor.Last.Model.Tokenizer;

    public int VocabularySize => Last.VocabularySize;

    public int? BeginningOfSequence => Last.BeginningOfSequence;

    public int? EndOfSequence => Last.EndOfSequence;

    public bool IsEndOfGeneration(int token) => Last.IsEndOfGeneration(token);

    public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return model.Encode(text, addSpecial, parseSpecial);
    }

    public ReadOnlyMemory<byte> GetBytes(int token) => Last.GetBytes(token);

    public string GetPiece(int token) => Last.GetPiece(token);

    public string Decode(IEnumerable<int> tokens) => Last.Decode(tokens);
}
