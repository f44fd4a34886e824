using System.Runtime.InteropServices;

namespace Engine.Serving;

/// <summary>Knows what the sequences of a batch hold, running or finished, and which of them begins like a new request.</summary>
/// <param name="sequences">Sequences of the batch.</param>
internal sealed class PrefixIndex(int sequences)
{
    private readonly List<int>[] _tokens = [.. Enumerable.Range(0, sequences).Select(_ => new List<int>())];
    private readonly long[] _used = new long[sequences];
    private long _now;

    /// <summary>The ids a sequence holds.</summary>
    public IReadOnlyList<int> this[int sequence] => _tokens[sequence];

    /// <summary>Notes that a sequence continues.</summary>
    public void Append(int sequence, ReadOnlySpan<int> tokens)
    {
        _tokens[sequence].AddRange(tokens);
        _used[sequence] = ++_now;
    }

    /// <summary>Notes that a sequence loses what it holds from a position on.</summary>
    public void Cut(int sequence, int from) => _tokens[sequence].RemoveRange(from, _tokens[sequence].Count - from);

    /// <summary>The least recently continued of some sequences, with those that hold nothing first.</summary>
    public int? LeastRecentlyUsed(IEnumerable<int> among) =>
        among.OrderBy(sequence => _tokens[sequence].Count == 0 ? 0 : _used[sequence]).Select(sequence => (int?)sequence).FirstOrDefault();

    /// <summary>The sequence that holds the longest beginning of a request's tokens.</summary>
    /// <param name="tokens">The request's.</param>
    /// <param name="most">The maximum number of tokens that may be shared.</param>
    /// <returns>Its number and the length; a length of 0 if none holds any.</returns>
    public (int Sequence, int Length) Longest(List<int> tokens, int most)
    {
        (int Sequence, int Length) best = (0, 0);
        for (int sequence = 0; sequence < _tokens.Length; sequence++)
        {
            int length = Math.Min(most, Common(_tokens[sequence], tokens));
            if (length > best.Length)
            {
                best = (sequence, length);
            }
        }
        return best;
    }

    /// <summary>Length of the beginning that two lists have in common.</summary>
    public static int Common(List<int> a, List<int> b) => CollectionsMarshal.AsSpan(a).CommonPrefixLength(CollectionsMarshal.AsSpan(b));
}
