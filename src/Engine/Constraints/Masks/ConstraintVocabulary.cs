using Engine.Constraints.Terminals;

namespace Engine.Constraints.Masks;

/// <summary>A model's tokens as constraints see them. Made once and kept with the model.</summary>
internal sealed class ConstraintVocabulary
{
    /// <summary>The run lengths that have their own tree of tokens. A place that allows any 8 safe characters allows all tokens made of at most 8 of them.</summary>
    private static readonly int[] Runs = [4, 6, 8, 12, 16, SafeText.LongestRun, SafeText.AnyNumber];

    private readonly ReadOnlyMemory<byte>[] _bytes;
    private readonly Dictionary<string, int> _markers = new(StringComparer.Ordinal);
    private readonly ulong[][] _safe = new ulong[SafeText.LongestRun + 2][]; // by number: tokens made only of safe characters, at most this many; the last one, of any number
    private readonly TokenTree[] _others;                                    // by run length: all other tokens
    private readonly TokenTree[] _afterSafe;                                 // by number: what follows in tokens after exactly this many safe characters

    /// <param name="tokenizer">The model's tokenizer.</param>
    public ConstraintVocabulary(ITokenizer tokenizer)
    {
        Size = tokenizer.VocabularySize;
        Masks = new MaskPool(Words);
        _bytes = new ReadOnlyMemory<byte>[Size];
        List<(ReadOnlyMemory<byte> Bytes, int Token)> all = [];
        for (int token = 0; token < Size; token++)
        {
            if (tokenizer.IsEndOfGeneration(token))
            {
                continue;
            }
            ReadOnlyMemory<byte> bytes = tokenizer.GetBytes(token);
            if (bytes.IsEmpty && tokenizer.GetPiece(token) is { Length: > 0 } piece)
            {
                _markers.TryAdd(piece, token);
                bytes = MarkerReader.Bytes(piece);
            }
            else if (bytes.Span.Contains(MarkerReader.Sign))
            {
                continue; // not UTF-8, such as the last of the byte tokens, and must not be mistaken for a marker
            }
            _bytes[token] = bytes;
            if (!bytes.IsEmpty)
            {
                all.Add((bytes, token));
            }
        }
        all.Sort(static (a, b) => a.Bytes.Span.SequenceCompareTo(b.Bytes.Span));
        Tokens = new TokenTree(all);
        (int Characters, int Bytes)[] prefixes = [.. all.Select(each => SafeText.Prefix(each.Bytes.Span))];
        for (int n = 0; n < _safe.Length; n++)
        {
            _safe[n] = new ulong[Words];
            int most = n <= SafeText.LongestRun ? n : SafeText.AnyNumber;
            for (int i = 0; i < all.Count; i++)
            {
                if (IsSafe(i) && prefixes[i].Characters <= most)
                {
                    Set(_safe[n], all[i].Token);
                }
            }
        }
        _others = [.. Runs.Select(run => Tree(i => IsSafe(i) && prefixes[i].Characters <= run ? null : all[i].Bytes))];
        Longer = Tree(i => prefixes[i].Characters > SafeText.LongestRun ? all[i].Bytes : null);
        AfterSafe = Tree(i => IsSafe(i) ? null : all[i].Bytes[prefixes[i].Bytes..]);
        _afterSafe = [.. Enumerable.Range(0, SafeText.LongestRun + 1).Select(n => Tree(i => IsSafe(i) || prefixes[i].Characters != n ? null : all[i].Bytes[prefixes[i].Bytes..]))];

        bool IsSafe(int i) => prefixes[i].Bytes == all[i].Bytes.Length;

        TokenTree Tree(Func<int, ReadOnlyMemory<byte>?> bytesOf)
        {
            List<(ReadOnlyMemory<byte> Bytes, int Token)> entries = [];
            for (int i = 0; i < all.Count; i++)
            {
                if (bytesOf(i) is { } bytes)
                {
                    entries.Add((bytes, all[i].Token));
                }
            }
            entries.Sort(static (a, b) => a.Bytes.Span.SequenceCompareTo(b.Bytes.Span));
            return new TokenTree(entries);
        }
    }

    /// <summary>V.</summary>
    public int Size { get; }

    /// <summary>The number of 64-bit words that hold a bit for each token.</summary>
    public int Words => (Size + 63) / 64;

    /// <summary>The masks over these tokens.</summary>
    public MaskPool Masks { get; }

    /// <summary>All tokens that stand for bytes.</summary>
    public TokenTree Tokens { get; }

    /// <summary>The bytes a token adds to the answer; for a special token, its marker.</summary>
    public ReadOnlySpan<byte> BytesOf(int token) => _bytes[token].Span;

    /// <summary>Whether a text is a special token of the vocabulary.</summary>
    public bool IsMarker(string text) => _markers.ContainsKey(text);

    /// <summary>What follows in tokens after the safe characters they begin with, however many.</summary>
    public TokenTree AfterSafe { get; }

    /// <summary>Tokens that begin with more safe characters than <see cref="SafeText.LongestRun"/>.</summary>
    public TokenTree Longer { get; }

    /// <summary>What follows in tokens after the safe characters they begin with, for tokens that begin with exactly this many.</summary>
    public TokenTree AfterExactly(int characters) => _afterSafe[characters];

    /// <summary>Tokens made only of safe characters, at most this many.</summary>
    public ulong[] SafeUpTo(int characters) => _safe[Math.Min(characters, _safe.Length - 1)];

    /// <summary>The tokens that a run of safe characters certainly allows, and those that must be tried.</summary>
    /// <param name="run">How many safe characters may follow, whichever they are.</param>
    public (ulong[] Safe, TokenTree Others) For(int run)
    {
        int r = Runs.Length - 1;
        while (r >= 0 && Runs[r] > run)
        {
            r--;
        }
        return r < 0 ? (_safe[0], Tokens) : (SafeUpTo(Runs[r]), _others[r]);
    }

    public static void Set(Span<ulong> mask, int token) => mask[token >> 6] |= 1UL << (token & 63);
}
