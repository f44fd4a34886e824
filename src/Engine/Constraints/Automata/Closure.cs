using Engine.Constraints.Terminals;

namespace Engine.Constraints.Automata;

/// <summary>Collects where one more byte leads: every reading of the bytes so far that is still possible, each a terminal's state and what comes after it.</summary>
/// <param name="automaton">Makes frames and readers, each once.</param>
/// <param name="written">All bytes so far where they are known, the newest last; null while tokens are tried.</param>
internal sealed class Closure(Automaton automaton, List<byte>? written)
{
    /// <summary>Readings at once; what is more ambiguous than this is given up.</summary>
    public const int MostReadings = 10_000;

    private readonly List<Reading> _readings = [];
    private HashSet<Reading>? _seen;
    private HashSet<(Grammars.GrammarRule, Frame)>? _entered;

    public Automaton Automaton { get; } = automaton;

    public bool MayEnd { get; private set; }

    public List<Reading> Readings => _readings;

    /// <summary>Adds a terminal's state; where the terminal may end there, also what comes after it.</summary>
    public void Add(Reader reader, Frame frame)
    {
        var reading = new Reading(reader, frame);
        if (!IsNew(reading))
        {
            return;
        }
        _readings.Add(reading);
        if (_readings.Count > MostReadings)
        {
            throw new UnsupportedRequestException(
                $"Keeping an answer to its constraint: expected at most {MostReadings:N0} ways to read it at once, found more. Make the grammar or the schema less ambiguous.");
        }
        if (reader.IsDone)
        {
            frame.Resume(this, reader);
        }
    }

    /// <summary>Whether a rule was not yet begun here with the same things to come after it.</summary>
    public bool Enter(Grammars.GrammarRule rule, Frame after) => (_entered ??= []).Add((rule, after));

    /// <summary>The answer may end here.</summary>
    public void End() => MayEnd = true;

    /// <summary>The JSON string or scalar that has just been read, as <see cref="JsonScalar"/> writes it; null while tokens are tried.</summary>
    public string? ReadText(bool isString) => written is null ? null : JsonScalar.Last(written, isString);

    private bool IsNew(Reading reading)
    {
        if (_seen is not null)
        {
            return _seen.Add(reading);
        }
        if (_readings.Count == 16)
        {
            _seen = [.. _readings];
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

    public override int GetHashCode() => HashCode.Combine(
        System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(Reader), System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(Frame));
}
