namespace Engine.Constraints.Automata;

/// <summary>How many properties or items of each kind must still come.</summary>
internal sealed class Missing(int[] counts) : IEquatable<Missing>
{
    private readonly int[] _counts = counts;

    public int Sum { get; } = counts.Sum();

    public int this[int kind] => _counts[kind];

    /// <summary>What is missing after one more of a kind.</summary>
    public Missing Without(int kind)
    {
        if (_counts[kind] == 0)
        {
            return this;
        }
        int[] counts = [.. _counts];
        counts[kind]--;
        return new Missing(counts);
    }

    public bool Equals(Missing? other) => other is not null && _counts.AsSpan().SequenceEqual(other._counts);

    public override bool Equals(object? obj) => Equals(obj as Missing);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int count in _counts)
        {
            hash.Add(count);
        }
        return hash.ToHashCode();
    }
}
