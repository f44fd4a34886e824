namespace Engine;

/// <summary>Proposes the word that a mistyped one was meant to be.</summary>
internal static class Spelling
{
    /// <summary>The candidate with the fewest single-letter changes, or null where none comes near: more than a third of the
    /// word's letters, at least two.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        int most = Math.Max(2, word.Length / 3);
        return candidates
            .Select(candidate => (Candidate: candidate, Distance: Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .Where(pair => pair.Distance <= most)
            .OrderBy(pair => pair.Distance)
            .Select(pair => pair.Candidate)
            .FirstOrDefault();
    }

    /// <summary>Levenshtein's distance: insertions, deletions and substitutions of one letter.</summary>
    internal static int Distance(string a, string b)
    {
        int[] previous = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int[] current = new int[b.Length + 1];
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(substituted, 1 + Math.Min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[b.Length];
    }
}
