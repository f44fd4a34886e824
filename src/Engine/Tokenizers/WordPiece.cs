using System.Text;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>
/// WordPiece as BERT uses it (Devlin et al. 2018, https://arxiv.org/abs/1810.04805), <c>tokenizer.ggml.model</c> = <c>bert</c>:
/// letters are converted to lower case without accents, punctuation and Chinese characters are separate words, and the longest
/// token is taken from the left of each word, again and again. A word that cannot be divided without a rest is unknown as a whole.
/// </summary>
/// <remarks>In a GGUF file, tokens that begin a word start with U+2581, and the others lack the <c>##</c>.</remarks>
internal sealed class WordPiece : VocabularyTokenizer
{
    private const int LongestWord = 100; // characters, as trained; llama.cpp has no such limit

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
    protected override void Split(ReadOnlySpan<byte> utf8, bool afterSpecial, TokenizerRule rule, List<int> tokens)
    {
        var matching = new Matching(this, rule, tokens);
        WordPieceWords.Cut(utf8, rule, Vocabulary.StripsAccents, Vocabulary.Lowercases, ref matching);
    }

    /// <inheritdoc/>
    protected override bool MayDependOnRule(string text)
    {
        if (!Ascii.IsValid(text) || text.AsSpan().ContainsAny('\v', '\f'))
        {
            return true;
        }
        int start = 0;
        while (text.Length - start > LongestWord)
        {
            int blank = text.AsSpan(start, LongestWord + 1).LastIndexOf(' ');
            if (blank < 0)
            {
                return true;
            }
            start += blank + 1;
        }
        return false;
    }

    private void Match(ReadOnlySpan<byte> rest, TokenizerRule rule, List<int> tokens)
    {
        int before = tokens.Count;
        bool asTrained = rule == TokenizerRule.Trained;
        if (asTrained && rest.Length > LongestWord && Utf8.Count(rest) > LongestWord + 1) // U+2581 is not a character of the word
        {
            AddUnknown(tokens);
            return;
        }
        if (Vocabulary.Find(rest) is >= 0 and int whole)
        {
            tokens.Add(whole);
            return;
        }
        while (!rest.IsEmpty)
        {
            int token = _tokens.LongestMatch(rest, out int length);
            // Tokens that begin with U+2581 occur only at the beginning of a word, although llama.cpp also matches one with
            // a U+2581 in the text.
            bool isFirst = tokens.Count == before;
            if (token < 0 || (asTrained && (isFirst ? length == TokenSpelling.Blank.Length : rest.StartsWith(TokenSpelling.Blank))))
            {
                tokens.RemoveRange(before, tokens.Count - before);
                AddUnknown(tokens);
                return;
            }
            tokens.Add(token);
            rest = rest[length..];
        }
    }

    private void AddUnknown(List<int> tokens) => tokens.Add(Require(Vocabulary.Unknown, "an unknown token ('unknown_token_id')"));

    private readonly struct Matching(WordPiece tokenizer, TokenizerRule rule, List<int> tokens) : IWordSink
    {
        public void Add(ReadOnlySpan<byte> word) => tokenizer.Match(word, rule, tokens);
    }
}
