using Engine.Constraints.Automata;

namespace Engine.Constraints.Masks;

/// <summary>Keeps equal masks of a vocabulary as one object, across all constraints. Of the masks under a thousand schemas, only one in twenty is new.</summary>
/// <param name="words">The number of words, of 64 tokens each.</param>
internal sealed class MaskPool(int words)
{
    private const long MaxBytes = 16L << 20; // the pool is emptied beyond this; masks in use stay valid

    private readonly Lock _lock = new();
    private readonly Dictionary<int, TokenMask> _byHash = [];
    private readonly Dictionary<int, ulong[]> _sets = [];
    private readonly int[] _words = new int[words];
    private readonly ulong[] _more = new ulong[words];
    private long _bytes;

    /// <summary>The mask of some tokens.</summary>
    /// <param name="tokens">One bit for each.</param>
    /// <param name="common">A shared set that is part of these tokens; null for none.</param>
    /// <param name="doubtful">Tokens that depend on the answer's text.</param>
    public TokenMask Of(ReadOnlySpan<ulong> tokens, ulong[]? common, ReadOnlySpan<int> doubtful)
    {
        lock (_lock)
        {
            int count = 0;
            ulong hash = 0;
            for (int i = 0; i < tokens.Length; i++)
            {
                ulong more = common is null ? tokens[i] : tokens[i] & ~common[i];
                if (more != 0)
                {
                    (_words[count], _more[count++]) = (i, more);
                    hash = (hash ^ more ^ (uint)i) * 0x9E3779B97F4A7C15;
                    hash ^= hash >> 29;
                }
            }
            ReadOnlySpan<int> wordIndices = _words.AsSpan(0, count);
            ReadOnlySpan<ulong> moreTokens = _more.AsSpan(0, count);
            int key = hash.GetHashCode();
            if (_byHash.TryGetValue(key, out TokenMask? known) && known.Is(common, wordIndices, moreTokens, doubtful))
            {
                return known;
            }
            var mask = new TokenMask(common, wordIndices.ToArray(), moreTokens.ToArray(), doubtful.ToArray());
            Count(mask.Bytes);
            _byHash[key] = mask;
            return mask;
        }
    }

    /// <summary>The single object for a set of tokens that many masks share.</summary>
    /// <param name="tokens">One bit for each.</param>
    public ulong[] Shared(ReadOnlySpan<ulong> tokens)
    {
        ulong hash = 0;
        foreach (ulong word in tokens)
        {
            hash = (hash ^ word) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
        }
        int key = hash.GetHashCode();
        lock (_lock)
        {
            if (_sets.TryGetValue(key, out ulong[]? known) && tokens.SequenceEqual(known))
            {
                return known;
            }
            Count(tokens.Length * sizeof(ulong));
            return _sets[key] = tokens.ToArray();
        }
    }

    private void Count(int bytes)
    {
        _bytes += bytes;
        if (_bytes > MaxBytes)
        {
            _byHash.Clear();
            _sets.Clear();
            _bytes = bytes;
        }
    }
}
