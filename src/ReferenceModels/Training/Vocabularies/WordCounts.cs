using Engine;

namespace ReferenceModels.Training.Vocabularies;

/// <summary>The words of texts and how often each occurs.</summary>
internal sealed class WordCounts
{
    /// <summary>A longer word is counted in stretches, because training scans a word again for every pair merged in it.</summary>
    private const int LongestWord = 256;

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    public void Add(ReadOnlySpan<char> word)
    {
        while (!word.IsEmpty)
        {
            int length = Math.Min(word.Length, LongestWord);
            length -= length < word.Length && char.IsHighSurrogate(word[length - 1]) ? 1 : 0;
            Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> counts = _counts.GetAlternateLookup<ReadOnlySpan<char>>();
            counts.TryGetValue(word[..length], out long count);
            counts[word[..length]] = count + 1;
            word = word[length..];
        }
    }

    /// <summary>The words in ordinal order, so that nothing depends on the order of the texts.</summary>
    /// <exception cref="InvalidRequestException">There are none.</exception>
    public (string Word, long Count)[] Sorted()
    {
        if (_counts.Count == 0)
        {
            throw new InvalidRequestException("Training a vocabulary: expected texts with words, found none. Give a text to train on.");
        }
        return [.. _counts.OrderBy(word => word.Key, StringComparer.Ordinal).Select(word => (word.Key, word.Value))];
    }
}
