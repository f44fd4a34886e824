namespace Engine.Tokenizers;

/// <summary>
/// WordPiece as BERT uses it (Devlin et al. 2018, https://arxiv.org/abs/1810.04805), <c>tokenizer.ggml.model</c> = <c>bert</c>:
/// letters become small and lose their accents, signs and Chinese characters are words of their own, and of each word the
/// longest token is taken from the left, again and again; a word that does not come out even is unknown as a whole.
/// </summary>
/// <remarks>In a GGUF the tokens that begin a word start with U+2581, the others have no <c>##</c>.</remarks>
internal sealed class WordPiece : VocabularyTokenizer
{
    private readonly TokenTrie _tokens = new();

    /// <summary>A tokenizer over a file's vocabulary.</summary>
    public WordPiece(Vocabulary vocabulary) : base(vocabulary, TokenSpelling.SentencePiece)
    {
        for (int token = 0; token < vocabulary.Count; token++)
        {
            _tokens.Add(vocabulary.Bytes(token), token);
        }
    }

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<byte> utf8, bool behindSpecial, List<int> tokens)
    {
        var matching = new Matching(this, tokens);
        WordPieceWords.Cut(utf8, Vocabulary.StripsAccents, Vocabulary.Lowercases, ref matching);
    }

    private void Match(ReadOnlySpan<byte> rest, List<int> tokens)
    {
        int before = tokens.Count;
        if (Vocabulary.Find(rest) is >= 0 and int whole)
        {
            tokens.Add(whole);
            rest = [];
        }
        while (!rest.IsEmpty)
        {
            int token = _tokens.LongestMatch(rest, out int length);
            if (token < 0)
            {
                tokens.RemoveRange(before, tokens.Count - before);
                tokens.Add(Require(Vocabulary.Unknown, "an unknown token ('unknown_token_id')"));
                break;
            }
            tokens.Add(token);
            rest = rest[length..];
        }
    }

    private readonly struct Matching(WordPiece tokenizer, List<int> tokens) : IWordSink
    {
        public void Add(ReadOnlySpan<byte> word) => tokenizer.Match(word, tokens);
    }
}
