using System.Text;
using Engine.Gguf;

namespace ReferenceModels.Training.Vocabularies;

/// <summary>
/// Unigram (Kudo 2018, https://arxiv.org/abs/1804.10959), as SentencePiece trains it: starts with many pieces, then alternates between
/// expectation–maximization of their probabilities and dropping those that the texts need least, until V are left. Single
/// characters always stay.
/// </summary>
internal static class UnigramTraining
{
    private const char Blank = '▁';
    private const int SeedsPerToken = 10;
    private const int MaxSeeds = 500_000;
    private const int RoundsOfMaximization = 2;

    /// <summary>The share of the pieces that is left after each round of dropping.</summary>
    private const double Shrinking = 0.75;

    /// <summary>The last rounds keep somewhat more pieces than wanted; the most probable of them stay.</summary>
    private const double Surplus = 1.1;

    private static readonly string[] Special = ["<pad>", "</s>", "<unk>"];

    public static TrainedVocabulary Run(IEnumerable<string> texts, VocabularyOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        (string Word, long Count)[] words = Count(texts, cancellationToken).Sorted();
        List<UnigramPiece> pieces = UnigramSeeds.Find(words, options, (int)Math.Min(MaxSeeds, (long)options.Size * SeedsPerToken), Special, cancellationToken);
        int singles = pieces.Count(piece => piece.IsSingle);
        VocabularyTrainer.RequireSize(options, singles + Special.Length, "the special tokens and each character that occurs");
        int wanted = options.Size - Special.Length;
        int start = pieces.Count;
        var corpus = new UnigramCorpus(words);
        while (true)
        {
            for (int round = 0; round < RoundsOfMaximization; round++)
            {
                pieces = Maximize(pieces, corpus.Expect(pieces, cancellationToken));
            }
            int enough = (int)(wanted * Surplus);
            if (pieces.Count <= enough)
            {
                break;
            }
            int before = pieces.Count;
            pieces = UnigramPruning.Prune(pieces, corpus, Math.Max(enough, (int)(pieces.Count * Shrinking)), cancellationToken);
            progress?.Report((float)(start - pieces.Count) / Math.Max(1, start - wanted) * 0.95f);
            if (pieces.Count == before)
            {
                break; // only single characters are left
            }
        }
        int room = wanted - singles;
        UnigramPiece[] kept = [.. pieces.Where(piece => piece.IsSingle)
            .Concat(pieces.Where(piece => !piece.IsSingle).OrderByDescending(piece => piece.Score).ThenBy(piece => piece.Text, StringComparer.Ordinal).Take(room))
            .OrderByDescending(piece => piece.Score).ThenBy(piece => piece.Text, StringComparer.Ordinal)];
        string[] tokens = [.. Special, .. kept.Select(piece => piece.Text)];
        return new TrainedVocabulary(
            VocabularyScheme.Unigram, tokens,
            [.. tokens.Select((_, id) => id == 2 ? TrainedVocabulary.Unknown : id < Special.Length ? TrainedVocabulary.Control : TrainedVocabulary.Normal)],
            [
                (GgufKeys.PaddingToken, GgufValue.FromScalar(0u)),
                (GgufKeys.EosToken, GgufValue.FromScalar(1u)),
                (GgufKeys.UnknownToken, GgufValue.FromScalar(2u)),
                (GgufKeys.AddBos, GgufValue.FromScalar(false)),
                (GgufKeys.AddEos, GgufValue.FromScalar(true)),
                (GgufKeys.AddSpacePrefix, GgufValue.FromScalar(true)),
                ("tokenizer.ggml.remove_extra_whitespaces", GgufValue.FromScalar(true)),
            ])
        { Scores = [.. new float[Special.Length], .. kept.Select(piece => (float)piece.Score)] };
    }

    /// <summary>Probabilities from expected counts, with the prior that digamma implies: it makes rare pieces rarer.</summary>
    private static List<UnigramPiece> Maximize(List<UnigramPiece> pieces, double[] expected)
    {
        var kept = new List<UnigramPiece>(pieces.Count);
        var numbers = new List<double>(pieces.Count);
        for (int i = 0; i < pieces.Count; i++)
        {
            if (expected[i] >= 0.5 || pieces[i].IsSingle)
            {
                kept.Add(pieces[i]);
                numbers.Add(Math.Max(0.5, expected[i]));
            }
        }
        double all = Digamma(numbers.Sum());
        for (int i = 0; i < kept.Count; i++)
        {
            kept[i] = kept[i] with { Score = Digamma(numbers[i]) - all };
        }
        return kept;
    }

    // ψ(x): the recurrence up to 7, then the asymptotic series (Abramowitz and Stegun 6.3.18).
    private static double Digamma(double x)
    {
        double value = 0;
        for (; x < 7; x++)
        {
            value -= 1 / x;
        }
        x -= 0.5;
        double inverse = 1 / (x * x);
        return value + Math.Log(x) + (inverse * ((1.0 / 24) - (inverse * ((7.0 / 960) - (inverse * ((31.0 / 8064) - (inverse * (127.0 / 30720))))))));
    }

    /// <summary>Words as in the tokenizer's normalized text: the mark of a space and everything up to the next one.</summary>
    private static WordCounts Count(IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        var counts = new WordCounts();
        var word = new StringBuilder();
        foreach (string text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool begins = true;
            foreach (Rune rune in text.EnumerateRunes())
            {
                if (rune.Value == ' ')
                {
                    EndWord();
                    begins = true;
                }
                else if (rune.Value is not (0 or Blank)) // no token can contain a NUL, and a space becomes U+2581
                {
                    if (Rune.IsWhiteSpace(rune))
                    {
                        EndWord(); // a line end is a separate piece, not part of words
                    }
                    if (begins)
                    {
                        word.Append(Blank);
                        begins = false;
                    }
                    word.Append(rune.ToString());
                    if (Rune.IsWhiteSpace(rune))
                    {
                        EndWord();
                    }
                }
            }
            EndWord();
        }
        return counts;

        void EndWord()
        {
            counts.Add(word.ToString());
            word.Clear();
        }
    }
}
