using System.Buffers;
using System.Runtime.CompilerServices;
using Engine.Tokenizers.Merging;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>
/// SentencePiece's BPE (Kudo and Richardson 2018, https://arxiv.org/abs/1808.06226), <c>tokenizer.ggml.model</c> = <c>llama</c>:
/// characters are joined pair by pair, the pair with the highest score first, as long as the joined text is a token.
/// What is not a token in the end becomes its UTF-8 bytes.
/// </summary>
internal sealed class SentencePieceBpe : VocabularyTokenizer
{
    private readonly HashSet<ulong> _neighbours = [];   // pairs of characters that are adjacent in some token
    private readonly int[] _tokenOfByte = new int[256]; // -1 if the vocabulary cannot spell the byte
    private readonly WordState[] _words;                // (V), determined when a word first occurs

    /// <summary>A tokenizer over a file's vocabulary.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a loop over the vocabulary, once: no time for tiers
    public SentencePieceBpe(Vocabulary vocabulary) : base(vocabulary, TokenSpelling.SentencePiece)
    {
        _words = new WordState[vocabulary.Count];
        for (int token = 0; token < vocabulary.Count; token++)
        {
            ReadOnlySpan<byte> text = vocabulary.Bytes(token);
            uint last = TakeCharacter(ref text);
            while (!text.IsEmpty)
            {
                uint next = TakeCharacter(ref text);
                _neighbours.Add(Pair(last, next));
                last = next;
            }
        }
        for (int value = 0; value < 256; value++)
        {
            int token = vocabulary.Find($"<0x{value:X2}>");
            _tokenOfByte[value] = token >= 0 ? token : vocabulary.Find([(byte)value]);
        }
    }

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<byte> utf8, bool afterSpecial, TokenizerRule rule, List<int> tokens)
    {
        bool prefixed = Vocabulary.AddsSpacePrefix && afterSpecial;
        byte[] rented = ArrayPool<byte>.Shared.Rent((utf8.Length + 1 + (2 * utf8.Count((byte)' '))) + 2);
        int length = 0;
        if (prefixed)
        {
            TokenSpelling.Blank.CopyTo(rented);
            length = TokenSpelling.Blank.Length;
        }
        foreach (byte value in utf8)
        {
            if (value == ' ')
            {
                TokenSpelling.Blank.CopyTo(rented.AsSpan(length));
                length += TokenSpelling.Blank.Length;
            }
            else
            {
                rented[length++] = value;
            }
        }
        SplitWords(rented.AsSpan(0, length), tokens);
        ArrayPool<byte>.Shared.Return(rented);
    }

    // No merge spans two characters that are not adjacent in any token. The text between such places is split separately, so that
    // the time is linear in the text.
    private void SplitWords(ReadOnlySpan<byte> text, List<int> tokens)
    {
        while (!text.IsEmpty)
        {
            ReadOnlySpan<byte> rest = text;
            int characters = 1;
            uint last = TakeCharacter(ref rest);
            while (!rest.IsEmpty)
            {
                ReadOnlySpan<byte> following = rest;
                uint next = TakeCharacter(ref following);
                if (!_neighbours.Contains(Pair(last, next)))
                {
                    break;
                }
                characters++;
                last = next;
                rest = following;
            }
            SplitWord(text[..^rest.Length], characters, tokens);
            text = rest;
        }
    }

    [SkipLocalsInit]
    private void SplitWord(ReadOnlySpan<byte> word, int characters, List<int> tokens)
    {
        int whole = word.Length <= Vocabulary.LongestBytes ? Vocabulary.Find(word) : -1;
        if (whole >= 0 && (characters == 1 || _words[whole] == WordState.MergesToItself))
        {
            tokens.Add(whole);
            return;
        }
        Span<Symbol> symbols = characters <= PairMerging.ShortWord ? stackalloc Symbol[PairMerging.ShortWord] : new Symbol[characters];
        symbols = symbols[..characters];
        int start = 0;
        foreach (ref Symbol symbol in symbols)
        {
            int length = Math.Min(Utf8.AnnouncedLength(word[start]), word.Length - start);
            symbol = new Symbol(start, length, Vocabulary.Find(word.Slice(start, length)));
            start += length;
        }
        var rule = new ScoreRule(Vocabulary, word);
        int count = PairMerging.Run(ref rule, symbols);
        foreach (Symbol symbol in symbols[..count])
        {
            if (symbol.Piece >= 0)
            {
                tokens.Add(symbol.Piece);
            }
            else
            {
                Spell(word.Slice(symbol.Start, symbol.Length), tokens);
            }
        }
        if (whole >= 0)
        {
            _words[whole] = count == 1 ? WordState.MergesToItself : WordState.StaysApart;
        }
    }

    private void Spell(ReadOnlySpan<byte> character, List<int> tokens)
    {
        foreach (byte value in character)
        {
            tokens.Add(_tokenOfByte[value] >= 0
                ? _tokenOfByte[value]
                : throw new UnsupportedRequestException($"Splitting a text into tokens: the vocabulary has neither the character '{System.Text.Encoding.UTF8.GetString(character)}' (U+{Utf8.Decode(character, out _):X4}) nor its byte 0x{value:X2}. Remove the character, or use a model whose vocabulary has byte tokens."));
        }
    }

    // The bytes of the first character as one number.
    private static uint TakeCharacter(ref ReadOnlySpan<byte> text)
    {
        if (text[0] < 0x80)
        {
            uint ascii = text[0];
            text = text[1..];
            return ascii;
        }
        int length = Math.Min(Utf8.AnnouncedLength(text[0]), text.Length);
        uint character = 0;
        foreach (byte each in text[..length])
        {
            character = (character << 8) | each;
        }
        text = text[length..];
        return character;
    }

    // Multiplied by an odd number, because the hash of a ulong is the XOR of its halves, so that all pairs of equal characters
    // would have the same hash.
    private static ulong Pair(uint left, uint right) => (((ulong)left << 32) | right) * 0x9E3779B97F4A7C15;

    private enum WordState : byte
    {
        NotMet,
        MergesToItself,
        StaysApart,
    }
}
