using System.Text;
using Engine;
using Engine.Gguf;
using Engine.Tokenizers;
using Engine.Tokenizers.PreTokenization;
using Engine.Tokenizers.Unicode;

namespace ReferenceModels.Training.Vocabularies;

/// <summary>Byte-level BPE: all bytes, then repeatedly the most frequent pair of neighbours within a word. Among equally frequent
/// pairs, the one with the smaller ids comes first.</summary>
internal static class BytePairTraining
{
    private const string End = "<|endoftext|>";

    public static TrainedVocabulary Run(IEnumerable<string> texts, VocabularyOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        VocabularyTrainer.RequireSize(options, 257, "a token for each byte and one for the end of a text");
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Character((byte)value).ToString())];
        Dictionary<string, int> ids = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id, StringComparer.Ordinal);
        var counts = new PairCounts([.. Count(texts, options, cancellationToken).Sorted().Select(word =>
            (word.Word.Select(character => ids[character.ToString()]).ToArray(), word.Count))]);

        var merges = new List<string>();
        var queue = new PriorityQueue<PairCounts.Pair, (long Count, PairCounts.Pair Pair)>(
            Comparer<(long Count, PairCounts.Pair Pair)>.Create((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Pair.CompareTo(b.Pair)));
        Enqueue(counts.Pairs);
        var changed = new HashSet<PairCounts.Pair>();
        while (tokens.Count < options.Size - 1 && queue.TryDequeue(out PairCounts.Pair pair, out (long Count, PairCounts.Pair) priority))
        {
            cancellationToken.ThrowIfCancellationRequested();
            long count = counts.Of(pair);
            if (count != priority.Count || count < options.MinimumFrequency)
            {
                continue; // a changed count is in the queue under its new value
            }
            string merged = tokens[pair.First] + tokens[pair.Second];
            if (merged == End)
            {
                continue; // a token may occur only once in a vocabulary
            }
            merges.Add($"{tokens[pair.First]} {tokens[pair.Second]}");
            if (!ids.TryGetValue(merged, out int id)) // another pair may already have produced the same text
            {
                ids.Add(merged, id = tokens.Count);
                tokens.Add(merged);
                progress?.Report((float)tokens.Count / options.Size);
            }
            changed.Clear();
            counts.Merge(pair, id, changed);
            Enqueue(changed);
        }
        tokens.Add(End);
        uint end = (uint)(tokens.Count - 1);
        return new TrainedVocabulary(
            VocabularyScheme.ByteLevelBpe, tokens, [.. tokens.Select((_, id) => id == end ? TrainedVocabulary.Control : TrainedVocabulary.Normal)],
            [
                (GgufKeys.TokenizerPre, GgufValue.FromString(options.PreTokenizer)),
                (GgufKeys.BosToken, GgufValue.FromScalar(end)),
                (GgufKeys.EosToken, GgufValue.FromScalar(end)),
                (GgufKeys.AddBos, GgufValue.FromScalar(false)),
            ])
        { Merges = merges };

        void Enqueue(IEnumerable<PairCounts.Pair> pairs)
        {
            foreach (PairCounts.Pair pair in pairs)
            {
                if (counts.Of(pair) is > 0 and long count)
                {
                    queue.Enqueue(pair, (count, pair));
                }
            }
        }
    }

    private static WordCounts Count(IEnumerable<string> texts, VocabularyOptions options, CancellationToken cancellationToken)
    {
        PreTokenizer preTokenizer = PreTokenizer.Find(options.PreTokenizer) ?? throw new InvalidRequestException(
            $"Training a vocabulary: expected one of the pre-tokenizers {string.Join(", ", PreTokenizer.Names)}, found '{options.PreTokenizer}'. Correct the name.");
        var counts = new WordCounts();
        var points = new CodePointText();
        var ends = new List<int>();
        var spare = new List<int>();
        var word = new StringBuilder();
        Span<byte> bytes = stackalloc byte[4];
        foreach (string text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            points.Read(Encoding.UTF8.GetBytes(text));
            preTokenizer.Split(points, ends, spare);
            int start = 0;
            foreach (int end in ends)
            {
                word.Clear();
                foreach (int point in points.Points[start..end])
                {
                    foreach (byte value in bytes[..Utf8.Encode(point, bytes)])
                    {
                        word.Append(ByteAlphabet.Character(value));
                    }
                }
                start = end;
                counts.Add(word.ToString());
            }
        }
        return counts;
    }
}
