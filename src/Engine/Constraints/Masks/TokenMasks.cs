using System.Numerics.Tensors;
using Engine.Constraints.Automata;
using Engine.Constraints.Terminals;

namespace Engine.Constraints.Masks;

/// <summary>Which tokens may come next: each token's bytes are led through the automaton, those that begin alike together.</summary>
/// <param name="vocabulary">The tokens.</param>
/// <param name="automaton">The constraint.</param>
internal sealed class TokenMasks(ConstraintVocabulary vocabulary, Automaton automaton)
{
    private const long MostBytes = 4L << 20; // of masks that are kept

    private readonly Queue<Configuration> _kept = [];
    private readonly List<Reader> _chain = [];
    private readonly Configuration[] _path = new Configuration[vocabulary.Tokens.Deepest + 1];

    /// <summary>The tokens that may come next, one bit each.</summary>
    public ulong[] At(Configuration configuration)
    {
        if (configuration.Mask is { } known)
        {
            return known;
        }
        var mask = new ulong[vocabulary.Words];
        if (configuration.Readings is [var only])
        {
            Read(configuration, only, mask);
        }
        else if (HasSafeRun(configuration))
        {
            // What several readings allow is what each of them allows; for one alone there are shorter ways.
            foreach (Reading reading in configuration.Readings)
            {
                TensorPrimitives.BitwiseOr<ulong>(mask, At(automaton.Single(reading)), mask);
            }
        }
        else
        {
            Walk(configuration, vocabulary.Tokens, mask);
        }
        configuration.Mask = mask;
        _kept.Enqueue(configuration);
        if (_kept.Count * (long)mask.Length * sizeof(ulong) > MostBytes)
        {
            _kept.Dequeue().Mask = null;
        }
        return mask;
    }

    private static bool HasSafeRun(Configuration configuration)
    {
        foreach (Reading reading in configuration.Readings)
        {
            if (reading.Reader.SafeRun > 0)
            {
                return true;
            }
        }
        return false;
    }

    private void Read(Configuration configuration, Reading reading, ulong[] mask)
    {
        int run = reading.Reader.SafeRun;
        if (run == 0)
        {
            Walk(configuration, vocabulary.Tokens, mask);
        }
        else if (ReferenceEquals(reading.Reader.AfterAnySafe, reading.Reader))
        {
            vocabulary.SafeUpTo(SafeText.AnyNumber).CopyTo(mask, 0);
            Walk(configuration, vocabulary.AfterSafe, mask);
        }
        else if (!WalkChain(reading, mask))
        {
            (ulong[] safe, TokenTree others) = vocabulary.For(run);
            safe.CopyTo(mask, 0);
            Walk(configuration, others, mask);
        }
    }

    /// <summary>Where it is the number of safe characters alone that matters: what comes after n of them is tried once for all tokens that begin with n.</summary>
    private bool WalkChain(Reading reading, ulong[] mask)
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
            else if (at.Text.Steps.Count > 0)
            {
                return false; // it matters which character comes
            }
            else
            {
                ends = true;
            }
        }
        vocabulary.SafeUpTo(_chain.Count - 1).CopyTo(mask, 0);
        for (int n = 0; n < _chain.Count; n++)
        {
            TokenTree after = vocabulary.AfterExactly(n);
            var there = new Reading(_chain[n], reading.Frame);
            // Most places in a text of bounded length are like any other, so that one walk does for all.
            Walk(_chain[n].FreeRun > (there.Reader.IsQuoted ? after.DeepestQuoted : after.Deepest) ? automaton.Free(there) : automaton.Single(there), after, mask);
        }
        if (!ends)
        {
            Walk(automaton.Single(reading), vocabulary.Longer, mask);
        }
        return true;
    }

    private void Walk(Configuration from, TokenTree tree, ulong[] mask)
    {
        Configuration[] path = _path;
        path[0] = from;
        int node = 0, count = tree.Count;
        while (node < count)
        {
            int depth = tree.DepthOf(node);
            Configuration next = automaton.Try(path[depth], tree.ByteOf(node));
            if (ReferenceEquals(next, Configuration.Dead))
            {
                node = tree.EndOf(node);
                continue;
            }
            path[depth + 1] = next;
            foreach (int token in tree.TokensOf(node))
            {
                ConstraintVocabulary.Set(mask, token);
            }
            node++;
        }
    }
}
