using Engine.Constraints.Terminals;

namespace Engine.Constraints.Automata;

/// <summary>A state of the automaton: all ways to read the bytes so far. Equal configurations of one automaton are one object.</summary>
internal sealed class Configuration(Reading[] readings, bool mayEnd)
{
    private BytePaths<Configuration> _paths;

    /// <summary>Where a byte that may not come leads.</summary>
    public static readonly Configuration Dead = new([], false);

    /// <summary>The terminals that continue, each with what comes after it.</summary>
    public ReadOnlySpan<Reading> Readings => readings;

    /// <summary>Whether the answer may end here.</summary>
    public bool MayEnd => mayEnd;

    /// <summary>Whether a name or an item was read without its text being known.</summary>
    public bool IsPending { get; } = Array.Exists(readings, static reading => reading.Frame.IsPending);

    /// <summary>Whether in every reading a name or an item may be a repetition; only the answer's own text can tell.</summary>
    public bool IsDoubtful { get; } = !mayEnd && readings.Length > 0 && Array.TrueForAll(readings, static reading => reading.Frame.IsDoubtful);

    /// <summary>The tokens that may come next; null until they have been computed.</summary>
    public TokenMask? Mask { get; set; }

    /// <summary>Where a byte leads, if that has been computed before; null otherwise.</summary>
    public Configuration? Known(byte next) => _paths.Known(next);

    /// <summary>Keeps where a byte leads.</summary>
    public void Keep(byte next, Configuration configuration) => _paths.Keep(next, configuration);
}
