namespace Engine;

/// <summary>Proposes the word that a mistyped one was meant to be.</summary>
internal static class Spelling
{
    /// <summary>The candidate with the fewest changes of a letter, or else the only one that begins with the word. Null if none comes
    /// near: dashes aside, a change for each three letters is allowed, because a word of other letters is another word.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        string[] known = [.. candidates];
        string letters = Letters(word);
        string? nearest = known
            // The difference in length is a lower bound. Checked first because the word may be a megabyte from anywhere.
            .Where(candidate => Math.Abs(Letters(candidate).Length - letters.Length) <= letters.Length / 3)
            .Select(candidate => (Candidate: candidate, Distance: Distance(letters, Letters(candidate))))
            .Where(pair => pair.Distance <= letters.Length / 3)
            .OrderBy(pair => pair.Distance)
            .Select(pair => pair.Candidate)
            .FirstOrDefault();
        return nearest ?? (letters.Length > 2 && known.Where(candidate => Letters(candidate).StartsWith(letters, StringComparison.Ordinal)).ToArray() is [string only] ? only : null);
    }

    /// <summary>"Did you mean 'x'?" with a leading space; empty if nothing is close.</summary>
    public static string Proposal(string word, IEnumerable<string> candidates) =>
        Nearest(word, candidates) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    /// <summary>Insertions, deletions and substitutions of a letter, and two neighbours that changed places: Damerau's distance with each
    /// letter changed once.</summary>
    internal static int Distance(string a, string b)
    {
        int[,] distance = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                distance[i, j] = i == 0 ? j : j == 0 ? i : Math.Min(
                    distance[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1),
                    1 + Math.Min(distance[i - 1, j], distance[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    distance[i, j] = Math.Min(distance[i, j], 1 + distance[i - 2, j - 2]);
                }
            }
        }
        return distance[a.Length, b.Length];
    }

    private static string Letters(string word) => word.TrimStart('-').ToUpperInvariant();
}
