namespace Engine.Constraints.Automata;

/// <summary>The configurations of an automaton in which the answer may end, or those in which it may not. Each is kept once and found by its readings.</summary>
internal sealed class ConfigurationSet
{
    private readonly bool _mayEnd;
    private readonly Dictionary<Configuration, Configuration> _all = new(Comparer.Instance);
    private readonly Dictionary<Configuration, Configuration>.AlternateLookup<ReadOnlySpan<Reading>> _byReadings;

    public ConfigurationSet(bool mayEnd)
    {
        _mayEnd = mayEnd;
        _byReadings = _all.GetAlternateLookup<ReadOnlySpan<Reading>>();
    }

    public int Count => _all.Count;

    public void Clear() => _all.Clear();

    /// <param name="readings">In the order of their numbers.</param>
    public Configuration Find(ReadOnlySpan<Reading> readings)
    {
        if (!_byReadings.TryGetValue(readings, out Configuration? found))
        {
            found = new Configuration(readings.ToArray(), _mayEnd);
            _all.Add(found, found);
        }
        return found;
    }

    private sealed class Comparer : IEqualityComparer<Configuration>, IAlternateEqualityComparer<ReadOnlySpan<Reading>, Configuration>
    {
        public static readonly Comparer Instance = new();

        public bool Equals(Configuration? x, Configuration? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.Readings.SequenceEqual(y.Readings));

        public bool Equals(ReadOnlySpan<Reading> alternate, Configuration other) => alternate.SequenceEqual(other.Readings);

        public int GetHashCode(Configuration obj) => GetHashCode(obj.Readings);

        public int GetHashCode(ReadOnlySpan<Reading> alternate)
        {
            int hash = 17;
            foreach (Reading reading in alternate)
            {
                hash = (hash * 31) + reading.GetHashCode();
            }
            return hash;
        }

        public Configuration Create(ReadOnlySpan<Reading> alternate) => throw new NotSupportedException("A set makes its configurations itself.");
    }
}
