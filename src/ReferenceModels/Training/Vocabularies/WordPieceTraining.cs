using System.Text;
using Engine;
using Engine.Gguf;
using Engine.Tokenizers;

namespace ReferenceModels.Training.Vocabularies;

/// <summary>WordPiece: all characters, with those that begin a word distinct from the others, then repeatedly the pair with the
/// largest freq(pair) / (freq(first) × freq(second)), which joins symbols that occur together more often than their own
/// frequencies suggest. Among equal pairs the more frequent comes first, then the one with the smaller ids.</summary>
internal static class WordPieceTraining
{
    private const char Blank = '▁'; // begins a word in a GGUF; "##" is not written

    private static readonly string[] Special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    public static TrainedVocabulary Run(IEnumerable<string> texts, VocabularyOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        (string Word, long Count)[] words = Count(texts, cancellationToken).Sorted();
        List<string> tokens = [.. Special];
        Dictionary<string, int> ids = [];
        foreach (string symbol in words.SelectMany(word => Symbols(word.Word)).Distinct().Order(StringComparer.Ordinal))
        {
            ids.Add(symbol, tokens.Count);
            tokens.Add(symbol);
        }
        VocabularyTrainer.RequireSize(options, tokens.Count, "the special tokens and each character that occurs");
        var counts = new PairCounts([.. words.Select(word => (Symbols(word.Word).Select(symbol => ids[symbol]).ToArray(), word.Count))]);

        var partners = new Dictionary<int, HashSet<PairCounts.Pair>>();
        var queue = new PriorityQueue<PairCounts.Pair, Rank>();
        var touched = new HashSet<PairCounts.Pair>(counts.Pairs);
        while (true)
        {
            foreach (PairCounts.Pair pair in touched)
            {
                Partners(pair.First).Add(pair);
                Partners(pair.Second).Add(pair);
                if (counts.Of(pair) >= options.MinimumFrequency)
                {
                    queue.Enqueue(pair, RankOf(pair));
                }
            }
            PairCounts.Pair? best = Best();
            if (tokens.Count >= options.Size || best is not { } merge)
            {
                break;
            }
            cancellationToken.ThrowIfCancellationRequested();
            string merged = tokens[merge.First] + tokens[merge.Second];
            if (!ids.TryGetValue(merged, out int id)) // another pair may already have produced the same text
            {
                ids.Add(merged, id = tokens.Count);
                tokens.Add(merged);
                progress?.Report((float)tokens.Count / options.Size);
            }
            touched.Clear();
            counts.Merge(merge, id, touched);
            // The scores of all pairs with these symbols change with the symbols' own counts.
            touched.UnionWith(Partners(merge.First));
            touched.UnionWith(Partners(merge.Second));
            touched.UnionWith(Partners(id));
        }
        return new TrainedVocabulary(
            VocabularyScheme.WordPiece, tokens,
            [.. tokens.Select((_, id) => id == 1 ? TrainedVocabulary.Unknown : id < Special.Length ? TrainedVocabulary.Control : TrainedVocabulary.Normal)],
            [
                (GgufKeys.TokenTypeCount, GgufValue.FromScalar(2u)),
                (GgufKeys.PaddingToken, GgufValue.FromScalar(0u)),
                (GgufKeys.UnknownToken, GgufValue.FromScalar(1u)),
                (GgufKeys.BosToken, GgufValue.FromScalar(2u)),
                ("tokenizer.ggml.cls_token_id", GgufValue.FromScalar(2u)),
                (GgufKeys.SeparatorToken, GgufValue.FromScalar(3u)),
                (GgufKeys.EosToken, GgufValue.FromScalar(3u)),
                ("tokenizer.ggml.mask_token_id", GgufValue.FromScalar(4u)),
            ]);

        HashSet<PairCounts.Pair> Partners(int symbol)
        {
            if (!partners.TryGetValue(symbol, out HashSet<PairCounts.Pair>? pairs))
            {
                partners.Add(symbol, pairs = []);
            }
            return pairs;
        }

        Rank RankOf(PairCounts.Pair pair) =>
            new(counts.Of(pair) / ((double)counts.OfSymbol(pair.First) * counts.OfSymbol(pair.Second)), counts.Of(pair), pair);

        PairCounts.Pair? Best()
        {
            while (queue.TryDequeue(out PairCounts.Pair pair, out Rank rank))
            {
                if (counts.Of(pair) >= options.MinimumFrequency && RankOf(pair) == rank)
                {
                    return pair;
                }
            }
            return null;
        }
    }

    /// <summary>The characters of a word; the mark that begins it is part of the first.</summary>
    private static IEnumerable<string> Symbols(string word)
    {
        int start = 0;
        while (start < word.Length)
        {
            int length = word[start] == Blank && start + 1 < word.Length ? 1 : 0;
            length += char.IsSurrogatePair(word, start + length) ? 2 : 1;
            yield return word.Substring(start, length);
            start += length;
        }
    }

    private static WordCounts Count(IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        var sink = new Counting(new WordCounts());
        foreach (string text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            WordPieceWords.Cut(Encoding.UTF8.GetBytes(text), TokenizerRule.Trained, stripsAccents: true, lowercases: true, ref sink);
        }
        return sink.Counts;
    }

    private readonly struct Counting(WordCounts counts) : IWordSink
    {
        public WordCounts Counts => counts;

        public void Add(ReadOnlySpan<byte> word)
        {
            string text = Encoding.UTF8.GetString(word);
            // A word that itself contains the mark would give tokens that look like the beginning of a word.
            if (text.LastIndexOf(Blank) == 0)
            {
                counts.Add(text);
            }
        }
    }

    private readonly record struct Rank(double Score, long Count, PairCounts.Pair Pair) : IComparable<Rank>
    {
        public int CompareTo(Rank other) =>
            Score != other.Score ? other.Score.CompareTo(Score) : Count != other.Count ? other.Count.CompareTo(Count) : Pair.CompareTo(other.Pair);
    }
}
