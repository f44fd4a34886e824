using Engine.Constraints.Terminals;

namespace Engine.Constraints.Automata;

/// <summary>Collects where one more byte leads: every reading of the bytes so far that is still possible. A reading is a terminal's state and what comes after it.</summary>
/// <remarks>One per automaton, reused for each step.</remarks>
/// <param name="automaton">Makes the frames and readers, each only once.</param>
internal sealed class Closure(Automaton automaton)
{
    /// <summary>The maximum number of simultaneous readings. A more ambiguous text is refused.</summary>
    public const int MaxReadings = 10_000;

    private const int Few = 16; // up to this many readings are compared one by one

    private readonly List<Reading> _readings = [];
    private readonly HashSet<Reading> _seen = [];
    private readonly HashSet<(Grammars.GrammarRule, Frame)> _entered = [];
    private List<byte>? _written;

    public Automaton Automaton { get; } = automaton;

    public bool MayEnd { get; private set; }

    public List<Reading> Readings => _readings;

    /// <summary>Begins a step.</summary>
    /// <param name="written">All bytes so far, the newest last; null while tokens are being tried and the text is not known.</param>
    public void Begin(List<byte>? written)
    {
        _written = written;
        MayEnd = false;
        _readings.Clear();
        if (_seen.Count > 0)
        {
            _seen.Clear();
        }
        if (_entered.Count > 0)
        {
            _entered.Clear();
        }
    }

    /// <summary>Adds a terminal's state and, if the terminal may end there, also what comes after it.</summary>
    public void Add(Reader reader, Frame frame)
    {
        var reading = new Reading(reader, frame);
        if (!IsNew(reading))
        {
            return;
        }
        _readings.Add(reading);
        if (_readings.Count > MaxReadings)
        {
            throw new UnsupportedRequestException(
                $"Keeping an answer to its constraint: expected at most {MaxReadings:N0} ways to read it at once, found more. Make the grammar or the schema less ambiguous.");
        }
        if (reader.IsDone)
        {
            frame.Resume(this, reader);
        }
    }

    /// <summary>False if the rule was already begun here with the same frame to come after it.</summary>
    public bool Enter(Grammars.GrammarRule rule, Frame after) => _entered.Add((rule, after));

    /// <summary>Notes that the answer may end here.</summary>
    public void End() => MayEnd = true;

    /// <summary>The JSON string or scalar that has just been read, as <see cref="JsonScalar"/> writes it; null while tokens are tried.</summary>
    public string? ReadText(bool isString) => _written is null ? null : JsonScalar.Last(_written, isString);

    private bool IsNew(Reading reading)
    {
        if (_seen.Count > 0)
        {
            return _seen.Add(reading);
        }
        if (_readings.Count == Few)
        {
            _seen.UnionWith(_readings);
            return _seen.Add(reading);
        }
        foreach (Reading each in _readings)
        {
            if (each == reading)
            {
                return false;
            }
        }
        return true;
    }
}

/// <summary>One way to read the bytes so far.</summary>
internal readonly record struct Reading(Reader Reader, Frame Frame)
{
    public bool Equals(Reading other) => ReferenceEquals(Reader, other.Reader) && ReferenceEquals(Frame, other.Frame);

    // Numbering restarts when an automaton clears its caches, so two objects may have equal numbers, but one object has only one.
    public override int GetHashCode() => (Reader.Number * 397) ^ (Frame.Number * 16777619);
}
