using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>What all kinds of tokenizers have in common: special ids, cutting special tokens out of a text, and converting tokens back
/// to text. A subclass splits the text between special tokens.</summary>
internal abstract class VocabularyTokenizer : ITokenizer
{
    private readonly SpecialTokens _special;
    private readonly byte[] _bytes;     // the bytes of all tokens, one after the other
    private readonly int[] _ends;       // (V), where each token's bytes end
    private Action? _onOtherwise;       // null once it has been called

    /// <summary>Spells every token once, so that a generation allocates nothing for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a loop over the vocabulary, once: no time for tiers
    protected VocabularyTokenizer(Vocabulary vocabulary, Func<Vocabulary, int, byte[]> spell)
    {
        Vocabulary = vocabulary;
        _special = new SpecialTokens(vocabulary);
        var bytes = new ArrayBufferWriter<byte>();
        _ends = new int[vocabulary.Count];
        for (int token = 0; token < _ends.Length; token++)
        {
            bytes.Write(spell(vocabulary, token));
            _ends[token] = bytes.WrittenCount;
        }
        _bytes = bytes.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public int VocabularySize => Vocabulary.Count;

    /// <inheritdoc/>
    public int? BeginningOfSequence => Vocabulary.BeginningOfSequence;

    /// <inheritdoc/>
    public int? EndOfSequence => Vocabulary.EndOfSequence;

    /// <summary>The rule by which <see cref="Encode(string, bool, bool)"/> splits.</summary>
    public TokenizerRule Rule { get; init; }

    /// <summary>Called once, for the first text that llama.cpp would have split differently.</summary>
    public Action? OnOtherwise
    {
        init => _onOtherwise = value;
    }

    /// <summary>The texts, scores and attributes of the tokens.</summary>
    protected Vocabulary Vocabulary { get; }

    /// <summary>The token before a text. WordPiece puts a text between its two tokens, whatever the flags say.</summary>
    protected virtual int? Prefix => Vocabulary.AddsBeginningOfSequence || Vocabulary.IsWordPiece
        ? Require(BeginningOfSequence, "a beginning-of-sequence token ('bos_token_id')")
        : null;

    /// <summary>The token after a text.</summary>
    protected virtual int? Suffix =>
        Vocabulary.IsWordPiece ? Require(Vocabulary.Separator, "a separator token ('seperator_token_id')")
        : Vocabulary.AddsEndOfSequence ? Require(EndOfSequence, "an end-of-sequence token ('eos_token_id')")
        : null;

    /// <inheritdoc/>
    public bool IsEndOfGeneration(int token) => Vocabulary.EndOfGeneration.Contains(token);

    /// <inheritdoc/>
    public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> tokens = Encode(text, addSpecial, parseSpecial, Rule);
        // Checked only if the rules can differ, and no longer once they have, so that most texts are split only once.
        if (_onOtherwise is not null && Rule != TokenizerRule.Native && MayDependOnRule(text)
            && !tokens.SequenceEqual(Encode(text, addSpecial, parseSpecial, TokenizerRule.Native)))
        {
            Interlocked.Exchange(ref _onOtherwise, null)?.Invoke();
        }
        return tokens;
    }

    /// <summary>Splits by a given rule, regardless of this tokenizer's own.</summary>
    public List<int> Encode(string text, bool addSpecial, bool parseSpecial, TokenizerRule rule)
    {
        byte[] rented = Utf8.Rent(text, out int length);
        try
        {
            var tokens = new List<int>((length / 3) + 2);
            if (addSpecial && Prefix is int prefix)
            {
                tokens.Add(prefix);
            }
            ReadOnlySpan<byte> utf8 = rented.AsSpan(0, length);
            bool afterSpecial = true;
            foreach (SpecialTokens.Stretch stretch in _special.Cut(utf8, parseSpecial))
            {
                if (stretch.Token >= 0)
                {
                    tokens.Add(stretch.Token);
                }
                else
                {
                    Split(utf8.Slice(stretch.Start, stretch.Length), afterSpecial, rule, tokens);
                }
                afterSpecial = stretch.Token >= 0;
            }
            if (addSpecial && Suffix is int suffix)
            {
                tokens.Add(suffix);
            }
            return tokens;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> GetBytes(int token)
    {
        RequireInRange(token);
        int start = token == 0 ? 0 : _ends[token - 1];
        return _bytes.AsMemory(start, _ends[token] - start);
    }

    /// <inheritdoc/>
    public string GetPiece(int token)
    {
        RequireInRange(token);
        return Vocabulary.Text(token);
    }

    /// <inheritdoc/>
    public string Decode(IEnumerable<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var bytes = new ArrayBufferWriter<byte>();
        foreach (int token in tokens)
        {
            bytes.Write(GetBytes(token).Span);
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Splits text without special tokens.</summary>
    /// <param name="utf8">The text, not empty.</param>
    /// <param name="afterSpecial">Whether it begins the whole text or follows a special token.</param>
    /// <param name="rule">The rule; most schemes have only one.</param>
    /// <param name="tokens">Receives the ids.</param>
    protected abstract void Split(ReadOnlySpan<byte> utf8, bool afterSpecial, TokenizerRule rule, List<int> tokens);

    /// <summary>Whether a text may get different ids by another rule. A cheap test that may say yes too often, but never no wrongly.</summary>
    protected virtual bool MayDependOnRule(string text) => false;

    /// <summary>A special token that the text needs.</summary>
    /// <exception cref="UnsupportedRequestException">The vocabulary lacks it.</exception>
    protected static int Require(int? token, string what) =>
        token ?? throw new UnsupportedRequestException(
            $"Splitting a text into tokens: this vocabulary needs {what}, the file names none. Give token ids, or convert the model again.");

    private void RequireInRange(int token)
    {
        if (token < 0 || token >= VocabularySize)
        {
            throw new TokenOutOfRangeException(token, VocabularySize);
        }
    }
}
