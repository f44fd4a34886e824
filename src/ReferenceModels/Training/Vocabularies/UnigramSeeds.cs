namespace ReferenceModels.Training.Vocabularies;

/// <summary>The pieces that Unigram training starts from: all characters, and the parts of words that cover the most text.</summary>
internal static class UnigramSeeds
{
    /// <summary>The maximum number of characters of a piece; SentencePiece's limit.</summary>
    private const int LongestPiece = 16;

    /// <param name="options">How often a piece must occur.</param>
    /// <param name="maxPieces">Number of pieces in addition to the characters.</param>
    /// <param name="excluded">Texts that no piece may have: those of the special tokens.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public static List<UnigramPiece> Find(
        (string Word, long Count)[] words, VocabularyOptions options, int maxPieces, string[] excluded, CancellationToken cancellationToken)
    {
        var singles = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var parts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach ((string word, long count) in words)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] starts = Starts(word);
            for (int first = 0; first + 1 < starts.Length; first++)
            {
                string single = word[starts[first]..starts[first + 1]];
                singles[single] = singles.GetValueOrDefault(single) + count;
                for (int last = first + 2; last < starts.Length && last - first <= LongestPiece; last++)
                {
                    Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> lookup = parts.GetAlternateLookup<ReadOnlySpan<char>>();
                    ReadOnlySpan<char> part = word.AsSpan(starts[first]..starts[last]);
                    lookup.TryGetValue(part, out long occurrences);
                    lookup[part] = occurrences + count;
                }
            }
        }
        // The text covered: occurrences times length.
        IEnumerable<KeyValuePair<string, long>> seeds = parts
            .Where(part => part.Value >= options.MinimumFrequency && !excluded.Contains(part.Key))
            .OrderByDescending(part => part.Value * part.Key.Length).ThenBy(part => part.Key, StringComparer.Ordinal)
            .Take(maxPieces);
        List<(string Text, bool IsSingle, double Weight)> all =
            [.. singles.Select(single => (single.Key, true, (double)single.Value)), .. seeds.Select(seed => (seed.Key, false, (double)seed.Value * seed.Key.Length))];
        double total = Math.Log(all.Sum(piece => piece.Weight));
        return [.. all.Select(piece => new UnigramPiece(piece.Text, piece.IsSingle, Math.Log(piece.Weight) - total))];
    }

    /// <summary>Where the characters of a word begin, and where it ends.</summary>
    private static int[] Starts(string word)
    {
        var starts = new List<int>();
        for (int i = 0; i < word.Length; i += char.IsSurrogatePair(word, i) ? 2 : 1)
        {
            starts.Add(i);
        }
        return [.. starts, word.Length];
    }
}
