using System.Runtime.CompilerServices;
using System.Text;
using Engine.Gguf;
using Engine.Tokenizers.Merging;
using Engine.Tokenizers.PreTokenization;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>
/// Byte-level BPE (Radford et al. 2019), <c>tokenizer.ggml.model</c> = <c>gpt2</c>: the text is cut into words, and the bytes
/// of a word are merged pair by pair in the order of the vocabulary's list of merges.
/// </summary>
internal sealed class ByteLevelBpe : VocabularyTokenizer
{
    private readonly PreTokenizer _preTokenizer;
    private readonly TokenTable _pieces;            // as bytes: tokens under their ids, then pieces that are not tokens
    private readonly MergeTable _merges;
    private readonly int[] _pieceOfByte = new int[256];
    private readonly int[] _tokenOfSpelledByte = new int[256];
    private readonly WordState[] _words;            // (V), determined when a word first occurs
    private BytePairWorkspace? _workspace;

    /// <summary>A tokenizer over a file's vocabulary.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a loop over the vocabulary, once: no time for tiers
    public ByteLevelBpe(Vocabulary vocabulary, GgufStrings merges, PreTokenizer preTokenizer) : base(vocabulary, TokenSpelling.ByteLevel)
    {
        _preTokenizer = preTokenizer;
        _words = new WordState[vocabulary.Count];
        _pieces = new TokenTable(vocabulary.Count + 256, vocabulary.Count * 8);
        var bytes = new byte[Math.Max(vocabulary.LongestBytes, merges.Count == 0 ? 0 : Enumerable.Range(0, merges.Count).Max(rank => merges.Bytes(rank).Length))];
        for (int token = 0; token < vocabulary.Count; token++)
        {
            int length = ByteAlphabet.Decode(vocabulary.Bytes(token), bytes);
            _ = length < 0 ? _pieces.AddHidden() : _pieces.Add(bytes.AsSpan(0, length));
        }
        for (int value = 0; value < 256; value++)
        {
            _pieceOfByte[value] = _pieces.Add([(byte)value]);
            _tokenOfSpelledByte[value] = vocabulary.Find([(byte)value]);
        }
        _merges = ReadMerges(merges, bytes);
    }

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<byte> utf8, bool afterSpecial, TokenizerRule rule, List<int> tokens)
    {
        PreTokenizer preTokenizer = rule == TokenizerRule.Trained ? _preTokenizer.AsTrained : _preTokenizer;
        BytePairWorkspace workspace = Interlocked.Exchange(ref _workspace, null) ?? new BytePairWorkspace();
        ReadOnlySpan<byte> bytes = workspace.Text.Read(utf8, preTokenizer.Composes);
        preTokenizer.Split(workspace.Text, workspace.Ends, workspace.Spare);
        ReadOnlySpan<int> points = workspace.Text.Points;
        bool isAscii = points.Length == bytes.Length;
        int point = 0;
        int start = 0;
        foreach (int end in workspace.Ends)
        {
            int length = end - point;
            if (!isAscii)
            {
                length = 0;
                foreach (int each in points[point..end])
                {
                    length += Utf8.Length(each);
                }
            }
            SplitWord(bytes.Slice(start, length), tokens);
            point = end;
            start += length;
        }
        if (workspace.Text.IsSmall)
        {
            _workspace = workspace;
        }
    }

    /// <inheritdoc/>
    protected override bool MayDependOnRule(string text) => _preTokenizer.AsTrained != _preTokenizer && !Ascii.IsValid(text);

    [SkipLocalsInit]
    private void SplitWord(ReadOnlySpan<byte> word, List<int> tokens)
    {
        int whole = word.Length <= _pieces.LongestBytes ? _pieces.Find(word) : -1;
        bool isToken = (uint)whole < (uint)_words.Length;
        if (isToken && (_preTokenizer.IgnoresMerges || _words[whole] == WordState.MergesToItself))
        {
            tokens.Add(whole);
            return;
        }
        Span<Symbol> symbols = word.Length <= PairMerging.ShortWord ? stackalloc Symbol[PairMerging.ShortWord] : new Symbol[word.Length];
        symbols = symbols[..word.Length];
        for (int at = 0; at < word.Length; at++)
        {
            symbols[at] = new Symbol(at, 1, _pieceOfByte[word[at]]);
        }
        MergeTable merges = _merges;
        int count = PairMerging.Run(ref merges, symbols);
        foreach (Symbol symbol in symbols[..count])
        {
            if (symbol.Piece < _words.Length)
            {
                tokens.Add(symbol.Piece);
            }
            else
            {
                Spell(word.Slice(symbol.Start, symbol.Length), tokens);
            }
        }
        if (isToken)
        {
            _words[whole] = count == 1 ? WordState.MergesToItself : WordState.StaysApart;
        }
    }

    // For a piece that is not a token, llama.cpp looks up the single bytes of its spelling and drops those it does not find.
    private void Spell(ReadOnlySpan<byte> piece, List<int> tokens)
    {
        Span<byte> spelled = stackalloc byte[4];
        foreach (byte value in piece)
        {
            foreach (byte each in spelled[..Utf8.Encode(ByteAlphabet.Character(value), spelled)])
            {
                if (_tokenOfSpelledByte[each] is >= 0 and int token)
                {
                    tokens.Add(token);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a loop over the vocabulary, once: no time for tiers
    private MergeTable ReadMerges(GgufStrings merges, byte[] bytes)
    {
        var table = new MergeTable(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            ReadOnlySpan<byte> text = merges.Bytes(rank);
            int blank = text.Length < 2 ? -1 : text[1..].IndexOf((byte)' ') + 1;
            if (blank <= 0)
            {
                continue;
            }
            int left = ByteAlphabet.Decode(text[..blank], bytes);
            int right = left < 0 ? -1 : ByteAlphabet.Decode(text[(blank + 1)..], bytes.AsSpan(left));
            if (right > 0) // a piece with a character that stands for no byte cannot occur in a text
            {
                ReadOnlySpan<byte> both = bytes.AsSpan(0, left + right);
                table.Add(_pieces.Add(both[..left]), _pieces.Add(both[left..]), rank, _pieces.Add(both));
            }
        }
        return table;
    }

    private enum WordState : byte
    {
        NotMet,
        MergesToItself,
        StaysApart,
    }
}
