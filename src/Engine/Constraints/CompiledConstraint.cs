using Engine.Constraints.Automata;
using Engine.Constraints.Masks;
using Engine.Constraints.Terminals;

namespace Engine.Constraints;

/// <summary>A constraint compiled for a model's tokens, for any number of concurrent answers.</summary>
internal sealed class CompiledConstraint
{
    private const int LongestEnd = 1 << 14; // bytes

    private readonly Lock _lock = new();
    private readonly ConstraintVocabulary _vocabulary;
    private readonly Automaton _automaton;
    private readonly TokenMasks _masks;

    public CompiledConstraint(ConstraintVocabulary vocabulary, Automaton automaton)
    {
        (_vocabulary, _automaton) = (vocabulary, automaton);
        _masks = new TokenMasks(vocabulary, automaton);
    }

    /// <summary>The configuration before the first token.</summary>
    public Configuration Start
    {
        get
        {
            lock (_lock)
            {
                return _automaton.Start;
            }
        }
    }

    /// <summary>Whether so much is cached that it is better to compile again.</summary>
    public bool IsWornOut
    {
        get
        {
            lock (_lock)
            {
                return _automaton.IsWornOut;
            }
        }
    }

    /// <summary>Sets the bits of the tokens that may come next.</summary>
    /// <param name="now">Where the answer is.</param>
    /// <param name="written">The answer's bytes.</param>
    /// <param name="tokens">One bit for each token.</param>
    public void Allow(Configuration now, List<byte> written, Span<ulong> tokens)
    {
        lock (_lock)
        {
            TokenMask mask = _masks.At(now);
            mask.CopyTo(tokens);
            foreach (int token in mask.Doubtful)
            {
                if (MayTake(now, _vocabulary.BytesOf(token), written))
                {
                    ConstraintVocabulary.Set(tokens, token);
                }
            }
        }
    }

    /// <summary>The configuration after a token.</summary>
    /// <param name="now">Where the answer is.</param>
    /// <param name="token">One of the tokens that may come next.</param>
    /// <param name="written">The answer's bytes, which the token's are added to.</param>
    public Configuration Accept(Configuration now, int token, List<byte> written)
    {
        lock (_lock)
        {
            _automaton.Trim();
            return Take(now, _vocabulary.BytesOf(token), written);
        }
    }

    /// <inheritdoc cref="IFinishable.FewestBytes"/>
    public int FewestBytes(Configuration now, List<byte> written, int? after)
    {
        lock (_lock)
        {
            Configuration from = After(now, written, after, out _);
            return from.MayEnd ? 0 : Nearest(from).Bytes;
        }
    }

    /// <inheritdoc cref="IFinishable.ShortestEnd"/>
    public IReadOnlyList<int>? ShortestEnd(Configuration now, List<byte> written, int? after)
    {
        lock (_lock)
        {
            Configuration at = After(now, written, after, out List<byte> all);
            int begin = all.Count;
            while (!at.MayEnd)
            {
                if (all.Count - begin > LongestEnd)
                {
                    return null;
                }
                at = Take(at, Nearest(at).Reader.Rest, all);
            }
            return Split(all[begin..]);
        }
    }

    private Configuration After(Configuration now, List<byte> written, int? token, out List<byte> all)
    {
        all = [.. written];
        return token is { } id ? Take(now, _vocabulary.BytesOf(id), all) : now;
    }

    private Configuration Take(Configuration from, ReadOnlySpan<byte> bytes, List<byte> written)
    {
        foreach (byte each in bytes)
        {
            written.Add(each);
            from = _automaton.Take(from, written);
            if (ReferenceEquals(from, Configuration.Dead))
            {
                throw new InvalidOperationException("A token that the constraint does not allow was accepted.");
            }
        }
        return from;
    }

    private bool MayTake(Configuration from, ReadOnlySpan<byte> bytes, List<byte> written)
    {
        int length = written.Count;
        foreach (byte each in bytes)
        {
            written.Add(each);
            from = _automaton.Take(from, written);
            if (ReferenceEquals(from, Configuration.Dead))
            {
                break;
            }
        }
        written.RemoveRange(length, written.Count - length);
        return !ReferenceEquals(from, Configuration.Dead);
    }

    private static (Reader Reader, int Bytes) Nearest(Configuration at)
    {
        (Reader? Reader, int Bytes) best = (null, int.MaxValue);
        foreach (Reading reading in at.Readings)
        {
            // If the terminal may end here, what follows it is a separate reading, and only that one advances.
            if (reading.Reader.Rest.Length == 0)
            {
                continue;
            }
            int bytes = (int)Math.Min(int.MaxValue - 1, (long)reading.Reader.Rest.Length + reading.Frame.Rest);
            if (bytes < best.Bytes)
            {
                best = (reading.Reader, bytes);
            }
        }
        return (best.Reader!, best.Bytes);
    }

    // Always take the longest token. An end that the tokens cannot spell is no end.
    private List<int>? Split(List<byte> bytes)
    {
        var tokens = new List<int>();
        TokenTree tree = _vocabulary.Tokens;
        int at = 0;
        while (at < bytes.Count)
        {
            (int Token, int Length)? best = null;
            int node = 0, end = tree.Count, depth = 0;
            while (node < end && at + depth < bytes.Count)
            {
                if (tree.ByteOf(node) != bytes[at + depth])
                {
                    node = tree.EndOf(node);
                    continue;
                }
                depth++;
                if (tree.TokensOf(node) is [int token, ..])
                {
                    best = (token, depth);
                }
                (end, node) = (tree.EndOf(node), node + 1);
            }
            if (best is not { } found)
            {
                return null;
            }
            tokens.Add(found.Token);
            at += found.Length;
        }
        return tokens;
    }
}
