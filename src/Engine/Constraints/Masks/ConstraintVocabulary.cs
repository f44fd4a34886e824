using Engine.Constraints.Terminals;

namespace Engine.Constraints.Masks;

/// <summary>A model's tokens as constraints see them: made once, kept with the model.</summary>
internal sealed class ConstraintVocabulary
{
    /// <summary>Runs of safe characters of which tokens are told apart: a place that allows any 8 of them allows all tokens of at most 8.</summary>
    private static readonly int[] Runs = [4, 6, 8, 12, 16, SafeText.LongestRun, SafeText.AnyNumber];

    private readonly ReadOnlyMemory<byte>[] _bytes;
    private readonly Dictionary<string, int> _markers = new(StringComparer.Ordinal);
    private readonly ulong[][] _safe;          // by run: tokens of safe characters alone, no more than that
    private readonly TokenTree[] _others;      // by run: all other tokens
    private readonly TokenTree _afterSafe;     // what tokens consist of after the safe characters they begin with

    /// <param name="tokenizer">The model's.</param>
    public ConstraintVocabulary(ITokenizer tokenizer)
    {
        Size = tokenizer.VocabularySize;
        _bytes = new ReadOnlyMemory<byte>[Size];
        List<(ReadOnlyMemory<byte> Bytes, int Token)> all = [];
        var ends = new List<int>();
        for (int token = 0; token < Size; token++)
        {
            if (tokenizer.IsEndOfGeneration(token))
            {
                ends.Add(token);
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
                continue; // no UTF-8, such as the last of the byte tokens, and not to be taken for a marker
            }
            _bytes[token] = bytes;
            if (!bytes.IsEmpty)
            {
                all.Add((bytes, token));
            }
        }
        EndTokens = ends;
        all.Sort(static (a, b) => a.Bytes.Span.SequenceCompareTo(b.Bytes.Span));
        Tokens = new TokenTree(all);
        _safe = new ulong[Runs.Length][];
        _others = new TokenTree[Runs.Length];
        (int Characters, int Bytes)[] prefixes = [.. all.Select(each => SafeText.Prefix(each.Bytes.Span))];
        for (int r = 0; r < Runs.Length; r++)
        {
            _safe[r] = new ulong[Words];
            List<(ReadOnlyMemory<byte> Bytes, int Token)> others = [];
            for (int i = 0; i < all.Count; i++)
            {
                if (prefixes[i].Bytes == all[i].Bytes.Length && prefixes[i].Characters <= Runs[r])
                {
                    Set(_safe[r], all[i].Token);
                }
                else
                {
                    others.Add(all[i]);
                }
            }
            _others[r] = new TokenTree(others);
        }
        List<(ReadOnlyMemory<byte> Bytes, int Token)> rests = [];
        for (int i = 0; i < all.Count; i++)
        {
            if (prefixes[i].Bytes < all[i].Bytes.Length)
            {
                rests.Add((all[i].Bytes[prefixes[i].Bytes..], all[i].Token));
            }
        }
        rests.Sort(static (a, b) => a.Bytes.Span.SequenceCompareTo(b.Bytes.Span));
        _afterSafe = new TokenTree(rests);
    }

    /// <summary>V.</summary>
    public int Size { get; }

    /// <summary>Words of 64 bits that hold a bit for each token.</summary>
    public int Words => (Size + 63) / 64;

    /// <summary>The tokens that end a generation.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>All tokens that stand for bytes.</summary>
    public TokenTree Tokens { get; }

    /// <summary>What a token adds to the answer; for a special token, its marker.</summary>
    public ReadOnlySpan<byte> BytesOf(int token) => _bytes[token].Span;

    /// <summary>Whether a text is a special token of the vocabulary.</summary>
    public bool IsMarker(string text) => _markers.ContainsKey(text);

    /// <summary>Tokens that a run of safe characters allows for sure, and those that must be tried.</summary>
    /// <param name="run">How many safe characters may follow.</param>
    /// <param name="loops">Whether all of them lead back to the same place.</param>
    public (ulong[]? Safe, TokenTree Others) For(int run, bool loops)
    {
        if (loops)
        {
            return (_safe[^1], _afterSafe);
        }
        int r = Runs.Length - 1;
        while (r >= 0 && Runs[r] > run)
        {
            r--;
        }
        return r < 0 ? (null, Tokens) : (_safe[r], _others[r]);
    }

    public static void Set(Span<ulong> mask, int token) => mask[token >> 6] |= 1UL << (token & 63);
}
