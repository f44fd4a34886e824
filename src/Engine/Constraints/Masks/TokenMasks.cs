using System.Buffers;
using System.Runtime.InteropServices;
using Engine.Constraints.Automata;
using Engine.Constraints.Terminals;

namespace Engine.Constraints.Masks;

/// <summary>Finds the tokens that may come next by running each token's bytes through the automaton, sharing common prefixes.</summary>
/// <param name="vocabulary">The tokens.</param>
/// <param name="automaton">The constraint.</param>
internal sealed class TokenMasks(ConstraintVocabulary vocabulary, Automaton automaton)
{
    private const long MaxBytes = 4L << 20;  // of the masks kept
    private const long MaxInside = 8L << 20; // of what strings allow; the masks that share it are dropped with it
    private const int Overhead = 128;         // bytes of one mask, apart from its tokens
    private const int Few = 16;               // up to this many readings are looked at one by one

    private readonly Queue<Configuration> _kept = [];
    private readonly List<Reader> _chain = [];
    private readonly Configuration[] _path = new Configuration[vocabulary.Tokens.Deepest + 1];
    private readonly List<int> _doubtful = [];
    private readonly Dictionary<Reader, InsideTokens> _inside = [];
    private readonly HashSet<ulong[]> _insideSets = [];
    private long _bytes;
    private long _insideBytes;

    /// <summary>The tokens that may come next.</summary>
    public TokenMask At(Configuration configuration)
    {
        if (configuration.Mask is { } known)
        {
            return known;
        }
        ulong[] rented = ArrayPool<ulong>.Shared.Rent(vocabulary.Words);
        Span<ulong> tokens = rented.AsSpan(0, vocabulary.Words);
        tokens.Clear();
        int before = _doubtful.Count;
        ulong[]? common = Find(configuration, tokens);
        TokenMask mask = configuration.Mask = vocabulary.Masks.Of(tokens, common, CollectionsMarshal.AsSpan(_doubtful)[before..]);
        _doubtful.RemoveRange(before, _doubtful.Count - before);
        ArrayPool<ulong>.Shared.Return(rented);
        _kept.Enqueue(configuration);
        _bytes += mask.Bytes + Overhead;
        while (_bytes > MaxBytes && _kept.TryDequeue(out Configuration? oldest))
        {
            _bytes -= oldest.Mask!.Bytes + Overhead;
            oldest.Mask = null;
        }
        return mask;
    }

    /// <summary>Sets the bits of the tokens that may come next.</summary>
    /// <returns>A set of the vocabulary's that is part of the result; null for none.</returns>
    private ulong[]? Find(Configuration configuration, Span<ulong> tokens)
    {
        if (configuration.Readings is [var only])
        {
            return Read(configuration, only, tokens);
        }
        if (!HasShortWay(configuration))
        {
            Walk(configuration, vocabulary.Tokens, tokens);
            return null;
        }
        // Several readings together allow what any of them allows. For a single one there are shortcuts.
        ulong[]? common = null;
        foreach (Reading reading in configuration.Readings)
        {
            TokenMask mask = At(automaton.Single(reading));
            mask.AddTo(tokens);
            _doubtful.AddRange(mask.Doubtful);
            common ??= mask.Common;
        }
        return common;
    }

    private static bool HasShortWay(Configuration configuration)
    {
        foreach (Reading reading in configuration.Readings)
        {
            if (reading.Reader.SafeRun > 0 || (reading.Reader.IsInside && configuration.Readings.Length <= Few))
            {
                return true;
            }
        }
        return false;
    }

    private ulong[]? Read(Configuration configuration, Reading reading, Span<ulong> tokens)
    {
        Reader reader = reading.Reader;
        if (reader.SafeRun > 0)
        {
            if (ReferenceEquals(reader.AfterAnySafe, reader))
            {
                ulong[] any = vocabulary.SafeUpTo(SafeText.AnyNumber);
                any.CopyTo(tokens);
                Walk(configuration, vocabulary.AfterSafe, tokens);
                return any;
            }
            if (WalkChain(reading, tokens) is { } some)
            {
                return some;
            }
        }
        if (reader.IsInside)
        {
            return WalkEnds(reading, tokens);
        }
        (ulong[] safe, TokenTree others) = vocabulary.For(reader.SafeRun);
        safe.CopyTo(tokens);
        Walk(configuration, others, tokens);
        return reader.SafeRun > 0 ? safe : null;
    }

    /// <summary>Handles a place inside a JSON string, where only what comes after the closing quote depends on the string's surroundings.</summary>
    private ulong[] WalkEnds(Reading reading, Span<ulong> tokens)
    {
        InsideTokens inside = Inside(reading.Reader);
        inside.Tokens.CopyTo(tokens);
        foreach ((int node, Reader before) in inside.Ends)
        {
            Configuration closed = automaton.Try(automaton.Single(reading with { Reader = before }), (byte)'"');
            if (!ReferenceEquals(closed, Configuration.Dead))
            {
                _path[inside.Tree.DepthOf(node) + 1] = closed;
                Add(closed, inside.Tree, node, tokens);
                Walk(inside.Tree, node + 1, inside.Tree.EndOf(node), tokens);
            }
        }
        return inside.Tokens;
    }

    private InsideTokens Inside(Reader reader)
    {
        if (!_inside.TryGetValue(reader, out InsideTokens? inside))
        {
            inside = InsideTokens.Of(reader, vocabulary);
            if (_insideBytes > MaxInside)
            {
                Clear();
            }
            _insideBytes += inside.Bytes + (_insideSets.Add(inside.Tokens) ? sizeof(ulong) * vocabulary.Words : 0);
            _inside.Add(reader, inside);
        }
        return inside;
    }

    /// <summary>Drops everything kept, all at once, because a mask keeps alive the set it shares with others, whose memory is counted once for all of them.</summary>
    private void Clear()
    {
        while (_kept.TryDequeue(out Configuration? kept))
        {
            kept.Mask = null;
        }
        _inside.Clear();
        _insideSets.Clear();
        (_bytes, _insideBytes) = (0, 0);
    }

    /// <summary>Handles a place where only the number of safe characters matters: what comes after n of them is tried once for all tokens that begin with n.</summary>
    private ulong[]? WalkChain(Reading reading, Span<ulong> tokens)
    {
        Reader at = reading.Reader;
        bool ends = false;
        _chain.Clear();
        _chain.Add(at);
        while (!ends && _chain.Count <= SafeText.LongestRun)
        {
            if (at.AfterAnySafe is { } next)
            {
                _chain.Add(at = next);
            }
            else if (at.Text.Steps.Length > 0)
            {
                return null; // it matters which character comes
            }
            else
            {
                ends = true;
            }
        }
        ulong[] safe = vocabulary.SafeUpTo(_chain.Count - 1);
        safe.CopyTo(tokens);
        for (int n = 0; n < _chain.Count; n++)
        {
            TokenTree after = vocabulary.AfterExactly(n);
            var there = new Reading(_chain[n], reading.Frame);
            // Most places in a text of bounded length are alike, so one walk serves them all.
            Walk(_chain[n].FreeRun > (there.Reader.IsQuoted ? after.DeepestQuoted : after.Deepest) ? automaton.Free(there) : automaton.Single(there), after, tokens);
        }
        if (!ends)
        {
            Walk(automaton.Single(reading), vocabulary.Longer, tokens);
        }
        return safe;
    }

    private void Walk(Configuration from, TokenTree tree, Span<ulong> tokens)
    {
        _path[0] = from;
        Walk(tree, 0, tree.Count, tokens);
    }

    private void Walk(TokenTree tree, int node, int end, Span<ulong> tokens)
    {
        Configuration[] path = _path;
        while (node < end)
        {
            int depth = tree.DepthOf(node);
            Configuration next = automaton.Try(path[depth], tree.ByteOf(node));
            if (ReferenceEquals(next, Configuration.Dead))
            {
                node = tree.EndOf(node);
                continue;
            }
            path[depth + 1] = next;
            Add(next, tree, node, tokens);
            node++;
        }
    }

    private void Add(Configuration at, TokenTree tree, int node, Span<ulong> tokens)
    {
        if (at.IsDoubtful)
        {
            _doubtful.AddRange(tree.TokensOf(node));
            return;
        }
        foreach (int token in tree.TokensOf(node))
        {
            ConstraintVocabulary.Set(tokens, token);
        }
    }
}
