namespace Engine.Registry;

/// <summary>The tokenizer of whichever version serves: each call leases one, so that it cannot be unloaded meanwhile.</summary>
internal sealed class LeasedTokenizer(ModelEntry entry) : ITokenizer
{
    public int VocabularySize => Use(tokenizer => tokenizer.VocabularySize);

    public int? BeginningOfSequence => Use(tokenizer => tokenizer.BeginningOfSequence);

    public int? EndOfSequence => Use(tokenizer => tokenizer.EndOfSequence);

    public bool IsEndOfGeneration(int token) => Use(tokenizer => tokenizer.IsEndOfGeneration(token));

    public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) =>
        Use(tokenizer => tokenizer.Encode(text, addSpecial, parseSpecial));

    public ReadOnlyMemory<byte> GetBytes(int token) => Use(tokenizer => tokenizer.GetBytes(token));

    public string GetPiece(int token) => Use(tokenizer => tokenizer.GetPiece(token));

    public string Decode(IEnumerable<int> tokens) => Use(tokenizer => tokenizer.Decode(tokens));

    private T Use<T>(Func<ITokenizer, T> use)
    {
        // If none serves at this moment, one is being loaded or will be.
        ModelLease? lease = entry.TryLease();
        IModel model = lease ?? entry.LeaseAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        try
        {
            return use(model.Tokenizer);
        }
        finally
        {
            model.DisposeAsync().AsTask().GetAwaiter().GetResult(); // ends at once
        }
    }
}
