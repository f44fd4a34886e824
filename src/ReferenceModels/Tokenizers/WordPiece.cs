using ReferenceModels.Tokenizers.Unicode;

namespace ReferenceModels.Tokenizers;

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

    /// <summary>BOS (<c>[CLS]</c>), whatever the file's flags say.</summary>
    protected override int? Prefix => Require(BeginningOfSequence, "a beginning-of-sequence token ('bos_token_id')");

    /// <summary>SEP, whatever the file's flags say.</summary>
    protected override int? Suffix => Require(Vocabulary.Separator, "a separator token ('seperator_token_id')");

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<byte> utf8, bool behindSpecial, List<int> tokens)
    {
        using var word = new ByteBuffer(64);
        word.Append(TokenSpelling.Blank);
        while (!utf8.IsEmpty)
        {
            int point = Utf8.Decode(utf8, out int length);
            utf8 = utf8[length..];
            if (Vocabulary.StripsAccents)
            {
                point = CodePoints.Decompose(point);
            }
            CodePointFlags flags = CodePoints.Flags(point);
            if ((flags & CodePointFlags.Whitespace) != 0)
            {
                EndWord(word, tokens);
                continue;
            }
            if (point is 0 or CodePoints.Replacement || (flags & CodePointFlags.Control) != 0
                || (Vocabulary.StripsAccents && (flags & CodePointFlags.Mark) != 0))
            {
                continue;
            }
            bool alone = (flags & CodePointFlags.Punctuation) != 0 || (point < 0x7F && (flags & CodePointFlags.Symbol) != 0) || IsChinese(point);
            if (alone)
            {
                EndWord(word, tokens);
            }
            word.AppendCodePoint(Vocabulary.Lowercases ? CodePoints.Lowercase(point) : point);
            if (alone)
            {
                EndWord(word, tokens);
            }
        }
        EndWord(word, tokens);
    }

    private void EndWord(ByteBuffer word, List<int> tokens)
    {
        ReadOnlySpan<byte> rest = word.Written;
        if (rest.Length == TokenSpelling.Blank.Length)
        {
            return;
        }
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
        word.Truncate(TokenSpelling.Blank.Length);
    }

    // BERT's list. Extension E begins at U+2B820; llama.cpp and Hugging Face have U+2B920.
    private static bool IsChinese(int point) => point is
        (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
