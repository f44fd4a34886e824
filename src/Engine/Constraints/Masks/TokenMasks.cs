using Engine.Constraints.Automata;

namespace Engine.Constraints.Masks;

/// <summary>Which tokens may come next: each token's bytes are led through the automaton, those that begin alike together.</summary>
/// <param name="vocabulary">The tokens.</param>
/// <param name="automaton">The constraint.</param>
internal sealed class TokenMasks(ConstraintVocabulary vocabulary, Automaton automaton)
{
    private const long MostBytes = 32L << 20; // of masks that are kept

    private readonly Queue<Configuration> _kept = [];
    private readonly Configuration[] _path = new Configuration[vocabulary.Tokens.Deepest + 1];

    /// <summary>The tokens that may come next, one bit each.</summary>
    public ulong[] At(Configuration configuration)
    {
        if (configuration.Mask is { } known)
        {
            return known;
        }
        var mask = new ulong[vocabulary.Words];
        (ulong[]? safe, TokenTree others) = vocabulary.For(configuration.SafeRun, configuration.Loops);
        safe?.CopyTo(mask, 0);
        Walk(configuration, others, mask);
        configuration.Mask = mask;
        _kept.Enqueue(configuration);
        if (_kept.Count * (long)mask.Length * sizeof(ulong) > MostBytes)
        {
            _kept.Dequeue().Mask = null;
        }
        return mask;
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
