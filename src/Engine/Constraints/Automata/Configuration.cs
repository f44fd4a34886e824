using Engine.Constraints.Terminals;

namespace Engine.Constraints.Automata;

/// <summary>All ways to read the bytes so far: a state of the automaton. Equal ones of one automaton are one object.</summary>
internal sealed class Configuration(Reading[] readings, bool mayEnd)
{
    private BytePaths<Configuration> _paths;

    /// <summary>Stands where no byte leads.</summary>
    public static readonly Configuration Dead = new([], false);

    /// <summary>Terminals that continue, each with what comes after it.</summary>
    public ReadOnlySpan<Reading> Readings => readings;

    /// <summary>Whether the answer may end here.</summary>
    public bool MayEnd => mayEnd;

    /// <summary>Whether a name or an item was read without its text being known.</summary>
    public bool IsPending { get; } = Array.Exists(readings, static reading => reading.Frame.IsPending);

    /// <summary>Whether no reading is free of the doubt that a name or an item comes a second time: it takes the answer's own text to tell.</summary>
    public bool IsDoubtful { get; } = !mayEnd && readings.Length > 0 && Array.TrueForAll(readings, static reading => reading.Frame.IsDoubtful);

    /// <summary>The tokens that may come next; null until they were looked for.</summary>
    public TokenMask? Mask { get; set; }

    /// <summary>Where a byte leads, if it was looked for before; null otherwise.</summary>
    public Configuration? Known(byte next) => _paths.Known(next);

    /// <summary>Keeps where a byte leads.</summary>
    public void Keep(byte next, Configuration configuration) => _paths.Keep(next, configuration);
}
