using System.Runtime.CompilerServices;

namespace Engine.Constraints.Automata;

/// <summary>All ways to read the bytes so far: a state of the automaton. Equal ones of one automaton are one object.</summary>
internal sealed class Configuration(Reading[] readings, bool mayEnd) : IEquatable<Configuration>
{
    private const int Bytes = 256;

    private readonly int _hash = Hash(readings, mayEnd);
    private Configuration?[]? _next;
    private int _safeRun = -1;

    /// <summary>Stands where no byte leads.</summary>
    public static readonly Configuration Dead = new([], false);

    /// <summary>Terminals that go on, each with what comes after it.</summary>
    public ReadOnlySpan<Reading> Readings => readings;

    /// <summary>Whether the answer may end here.</summary>
    public bool MayEnd => mayEnd;

    /// <summary>Whether a name or an item was read without its text being known.</summary>
    public bool IsPending { get; } = readings.Any(reading => reading.Frame.IsPending);

    /// <summary>The tokens that may come next; null until they were looked for.</summary>
    public ulong[]? Mask { get; set; }

    /// <summary>How many characters of <see cref="Terminals.SafeText"/> may follow, whichever they are.</summary>
    public int SafeRun => _safeRun >= 0 ? _safeRun : _safeRun = readings.Length == 0 ? 0 : readings.Max(reading => reading.Reader.SafeRun);

    /// <summary>Whether all of them lead back here.</summary>
    public bool Loops => readings is [var only] && only.Reader.Loops;

    /// <summary>Where each byte leads, as far as it was asked for; null for what was not.</summary>
    public Configuration?[] Next => _next ??= new Configuration?[Bytes];

    public bool Equals(Configuration? other) =>
        other is not null && other._hash == _hash && other.MayEnd == mayEnd && readings.AsSpan().SequenceEqual(other.Readings);

    public override bool Equals(object? obj) => Equals(obj as Configuration);

    public override int GetHashCode() => _hash;

    private static int Hash(Reading[] readings, bool mayEnd)
    {
        int hash = mayEnd ? 1 : 0;
        foreach (Reading reading in readings)
        {
            hash = (hash * 31) + reading.GetHashCode();
        }
        return hash;
    }
}
