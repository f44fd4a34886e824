namespace Engine.Constraints.Automata;

/// <summary>An immutable set of positions in a list.</summary>
internal sealed class IndexSet : IEquatable<IndexSet>
{
    private readonly ulong[] _words;

    private IndexSet(ulong[] words) => _words = words;

    /// <summary>The empty set over this many positions.</summary>
    public IndexSet(int places) => _words = new ulong[(places + 63) / 64];

    public bool Contains(int index) => (_words[index >> 6] & (1UL << (index & 63))) != 0;

    /// <summary>The set with one more position.</summary>
    public IndexSet With(int index)
    {
        ulong[] words = [.. _words];
        words[index >> 6] |= 1UL << (index & 63);
        return new IndexSet(words);
    }

    public bool Equals(IndexSet? other) => other is not null && _words.AsSpan().SequenceEqual(other._words);

    public override bool Equals(object? obj) => Equals(obj as IndexSet);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (ulong word in _words)
        {
            hash.Add(word);
        }
        return hash.ToHashCode();
    }
}
