using System.Text;
using Engine.Tokenizers;

namespace ReferenceModels.Training.Vocabularies;

/// <summary>Drops the pieces that the texts need least.</summary>
internal static class UnigramPruning
{
    /// <summary>The pieces without those whose removal costs the texts the least likelihood; single characters stay.</summary>
    /// <param name="pieces">All pieces.</param>
    /// <param name="corpus">The texts.</param>
    /// <param name="maxPieces">Pieces to keep.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public static List<UnigramPiece> Prune(List<UnigramPiece> pieces, UnigramCorpus corpus, int maxPieces, CancellationToken cancellationToken)
    {
        TokenTrie trie = UnigramCorpus.Trie(pieces);
        long[] counts = corpus.CountBest(pieces, trie, cancellationToken);
        double sum = counts.Sum();
        double logSum = Math.Log(sum);
        var losses = new List<(double Loss, int Piece)>();
        var path = new List<int>();
        for (int i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].IsSingle || counts[i] == 0)
            {
                continue; // a piece with a count of 0 is not in the best way to write any word
            }
            UnigramCorpus.FindBest(pieces, trie, Encoding.UTF8.GetBytes(pieces[i].Text), without: i, path);
            // What would replace the piece, and how likely the texts would then be.
            double newLogSum = Math.Log(sum + (counts[i] * (double)(path.Count - 1)));
            double newLogLikelihood = path.Sum(part => Math.Log(counts[part] + counts[i]) - newLogSum);
            losses.Add((counts[i] / sum * (Math.Log(counts[i]) - logSum - newLogLikelihood), i));
        }
        int singles = pieces.Count(piece => piece.IsSingle);
        HashSet<int> kept = [.. losses.OrderByDescending(loss => loss.Loss).ThenBy(loss => loss.Piece).Take(Math.Max(0, maxPieces - singles)).Select(loss => loss.Piece)];
        return [.. pieces.Where((piece, i) => piece.IsSingle || kept.Contains(i))];
    }
}
