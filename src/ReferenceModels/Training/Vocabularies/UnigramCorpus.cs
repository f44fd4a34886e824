using System.Text;
using Engine.Tokenizers;

namespace ReferenceModels.Training.Vocabularies;

/// <summary>The words, with all ways to write them in pieces.</summary>
internal sealed class UnigramCorpus
{
    private readonly (byte[] Word, long Count)[] _words;

    public UnigramCorpus((string Word, long Count)[] words) => _words = [.. words.Select(word => (Encoding.UTF8.GetBytes(word.Word), word.Count))];

    /// <summary>The expected count of each piece in the texts: over all ways to write each word, weighted by their probabilities
    /// (forward and backward sums of logarithms).</summary>
    public double[] Expect(IReadOnlyList<UnigramPiece> pieces, CancellationToken cancellationToken)
    {
        TokenTrie trie = Trie(pieces);
        var expected = new double[pieces.Count];
        double[] forward = [];
        double[] backward = [];
        var edges = new List<(int Start, int End, int Piece)>();
        int number = 0;
        foreach ((byte[] word, long count) in _words)
        {
            if ((number++ & 0xFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
            if (forward.Length <= word.Length)
            {
                forward = new double[word.Length + 1];
                backward = new double[word.Length + 1];
            }
            FindEdges(trie, word, edges);
            Array.Fill(forward, double.NegativeInfinity, 0, word.Length + 1);
            Array.Fill(backward, double.NegativeInfinity, 0, word.Length + 1);
            forward[0] = backward[word.Length] = 0;
            foreach ((int start, int end, int piece) in edges)
            {
                forward[end] = LogAdd(forward[end], forward[start] + pieces[piece].Score);
            }
            for (int i = edges.Count - 1; i >= 0; i--)
            {
                (int start, int end, int piece) = edges[i];
                backward[start] = LogAdd(backward[start], backward[end] + pieces[piece].Score);
            }
            foreach ((int start, int end, int piece) in edges)
            {
                expected[piece] += count * Math.Exp(forward[start] + pieces[piece].Score + backward[end] - forward[word.Length]);
            }
        }
        return expected;
    }

    /// <summary>How often each piece occurs in the best way to write each word.</summary>
    public long[] CountBest(IReadOnlyList<UnigramPiece> pieces, TokenTrie trie, CancellationToken cancellationToken)
    {
        var counts = new long[pieces.Count];
        var path = new List<int>();
        int number = 0;
        foreach ((byte[] word, long count) in _words)
        {
            if ((number++ & 0xFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
            FindBest(pieces, trie, word, without: -1, path);
            foreach (int piece in path)
            {
                counts[piece] += count;
            }
        }
        return counts;
    }

    public static TokenTrie Trie(IReadOnlyList<UnigramPiece> pieces)
    {
        var trie = new TokenTrie();
        for (int i = 0; i < pieces.Count; i++)
        {
            trie.Add(Encoding.UTF8.GetBytes(pieces[i].Text), i);
        }
        return trie;
    }

    /// <summary>The best way to write a text in pieces, from right to left.</summary>
    /// <param name="trie">The pieces as a tree.</param>
    /// <param name="text">The text in UTF-8.</param>
    /// <param name="without">A piece that must not be used; -1 for none.</param>
    /// <param name="path">Receives the pieces; stays empty if there is no way.</param>
    public static void FindBest(IReadOnlyList<UnigramPiece> pieces, TokenTrie trie, ReadOnlySpan<byte> text, int without, List<int> path)
    {
        path.Clear();
        var best = new (double Score, int Piece, int Start)[text.Length + 1];
        Array.Fill(best, (double.NegativeInfinity, -1, 0));
        best[0] = (0, -1, 0);
        for (int start = 0; start < text.Length; start++)
        {
            if (double.IsNegativeInfinity(best[start].Score))
            {
                continue;
            }
            int node = TokenTrie.Root;
            for (int at = start; at < text.Length && (node = trie.Next(node, text[at])) != 0; at++)
            {
                int piece = trie.Value(node);
                if (piece >= 0 && piece != without && best[start].Score + pieces[piece].Score > best[at + 1].Score)
                {
                    best[at + 1] = (best[start].Score + pieces[piece].Score, piece, start);
                }
            }
        }
        for (int end = text.Length; end > 0 && best[end].Piece >= 0; end = best[end].Start)
        {
            path.Add(best[end].Piece);
        }
    }

    private static void FindEdges(TokenTrie trie, ReadOnlySpan<byte> word, List<(int Start, int End, int Piece)> edges)
    {
        edges.Clear();
        for (int start = 0; start < word.Length; start++)
        {
            int node = TokenTrie.Root;
            for (int at = start; at < word.Length && (node = trie.Next(node, word[at])) != 0; at++)
            {
                if (trie.Value(node) is >= 0 and int piece)
                {
                    edges.Add((start, at + 1, piece));
                }
            }
        }
    }

    private static double LogAdd(double a, double b)
    {
        double larger = Math.Max(a, b);
        return double.IsNegativeInfinity(larger) ? larger : larger + Math.Log(1 + Math.Exp(Math.Min(a, b) - larger));
    }
}
