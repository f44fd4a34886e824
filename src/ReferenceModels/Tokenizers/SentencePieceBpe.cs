using Engine;

namespace ReferenceModels.Tokenizers;

/// <summary>
/// SentencePiece's BPE (Kudo and Richardson 2018, https://arxiv.org/abs/1808.06226), <c>tokenizer.ggml.model</c> = <c>llama</c>:
/// characters are joined pair by pair, the pair with the highest score first, while the joined text is a token;
/// what is no token in the end becomes its UTF-8 bytes.
/// </summary>
/// <remarks>Time is n log n in the length of the text. Scores and not ranks decide, so that a pair may come up again after its neighbours grew.</remarks>
internal sealed class SentencePieceBpe : VocabularyTokenizer
{
    private readonly SpecialTokens _special;
    private readonly int[] _tokenOfByte;     // (256), -1 where the vocabulary cannot spell the byte

    /// <summary>A tokenizer over a file's vocabulary.</summary>
    public SentencePieceBpe(Vocabulary vocabulary) : base(vocabulary, TokenSpelling.SentencePiece)
    {
        _special = new SpecialTokens(vocabulary);
        _tokenOfByte = new int[256];
        for (int value = 0; value < 256; value++)
        {
            int token = vocabulary.Find($"<0x{value:X2}>");
            _tokenOfByte[value] = token >= 0 || value >= 0x80 ? token : vocabulary.Find([(char)value]);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false)
    {
        text = WellFormed(text);
        var tokens = new List<int>(text.Length / 3 + 2);
        if (addSpecial && Vocabulary.AddsBeginningOfSequence && BeginningOfSequence is int bos)
        {
            tokens.Add(bos);
        }
        bool behindSpecial = true;
        foreach (SpecialTokens.Stretch stretch in _special.Cut(text, parseSpecial))
        {
            if (stretch.Token is int special)
            {
                tokens.Add(special);
                behindSpecial = true;
            }
            else if (stretch.Length > 0)
            {
                string prefix = Vocabulary.AddsSpacePrefix && behindSpecial ? " " : "";
                string piece = string.Concat(prefix, text.AsSpan(stretch.Start, stretch.Length)).Replace(' ', TokenSpelling.Blank);
                Merge(piece, tokens);
                behindSpecial = false;
            }
        }
        if (addSpecial && Vocabulary.AddsEndOfSequence && EndOfSequence is int eos)
        {
            tokens.Add(eos);
        }
        return tokens;
    }

    private void Merge(string text, List<int> tokens)
    {
        Symbol[] symbols = SplitCharacters(text, out int count);
        // Highest score first; of equal scores the leftmost.
        var pairs = new PriorityQueue<Pair, (float Score, int Left)>(
            Comparer<(float Score, int Left)>.Create((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Left.CompareTo(b.Left)));

        void Propose(int left, int right)
        {
            if (left < 0 || right < 0)
            {
                return;
            }
            int length = symbols[left].Length + symbols[right].Length;
            int token = Vocabulary.Find(text.AsSpan(symbols[left].Start, length));
            if (token >= 0)
            {
                pairs.Enqueue(new Pair(left, right, length), (Vocabulary.Scores[token], left));
            }
        }

        for (int right = 1; right < count; right++)
        {
            Propose(right - 1, right);
        }
        while (pairs.TryDequeue(out Pair pair, out _))
        {
            ref Symbol left = ref symbols[pair.Left];
            ref Symbol right = ref symbols[pair.Right];
            // Stale: one of the two was joined with another neighbour since.
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length)
            {
                continue;
            }
            left.Length = pair.Length;
            left.Next = right.Next;
            right.Length = 0;
            if (left.Next >= 0)
            {
                symbols[left.Next].Previous = pair.Left;
            }
            Propose(left.Previous, pair.Left);
            Propose(pair.Left, left.Next);
        }
        for (int s = 0; s >= 0; s = symbols[s].Next)
        {
            AddSymbol(text.AsSpan(symbols[s].Start, symbols[s].Length), tokens);
        }
    }

    private static Symbol[] SplitCharacters(string text, out int count)
    {
        var symbols = new Symbol[text.Length];
        count = 0;
        for (int start = 0; start < text.Length; count++)
        {
            int length = char.IsHighSurrogate(text[start]) ? 2 : 1;
            symbols[count] = new Symbol { Start = start, Length = length, Previous = count - 1, Next = count + 1 };
            start += length;
        }
        symbols[count - 1].Next = -1;
        return symbols;
    }

    private void AddSymbol(ReadOnlySpan<char> symbol, List<int> tokens)
    {
        int token = Vocabulary.Find(symbol);
        if (token >= 0)
        {
            tokens.Add(token);
            return;
        }
        Span<byte> utf8 = stackalloc byte[4];   // a joined symbol is a token: this is one character
        int length = System.Text.Encoding.UTF8.GetBytes(symbol, utf8);
        foreach (byte value in utf8[..length])
        {
            tokens.Add(_tokenOfByte[value] >= 0
                ? _tokenOfByte[value]
                : throw new UnsupportedRequestException($"Splitting a text into tokens: the vocabulary has neither the character '{symbol}' nor its byte 0x{value:X2}. Remove the character, or use a model whose vocabulary has byte tokens."));
        }
    }

    private struct Symbol
    {
        public int Start, Length, Previous, Next;
    }

    private readonly record struct Pair(int Left, int Right, int Length);
}
