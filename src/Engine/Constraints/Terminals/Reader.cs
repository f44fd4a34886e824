using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>Reads the bytes of one terminal. It is a state of a deterministic automaton over bytes that is built on demand. An end can be reached from every state.</summary>
internal abstract class Reader(TextState text)
{
    private readonly TextState _text = text;
    private int _safeRun = -1;
    private int _freeRun = -1;
    private Reader? _afterSafe;
    private bool _knowsAfterSafe;
    private BytePaths<Reader> _paths;

    // Marks bytes that lead nowhere, since null means that a byte has not been tried.
    private static readonly Reader Nowhere = new MarkerReader([], 0, new Readers());

    /// <summary>Identifies a reader within its automaton, in the order the readers were made.</summary>
    public int Number { get; set; }

    /// <summary>The characters read so far.</summary>
    public TextState Text => _text;

    /// <summary>Whether the terminal may end here.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Whether a byte may follow.</summary>
    public abstract bool GoesOn { get; }

    /// <summary>How many characters of <see cref="SafeText"/> may follow, whichever they are: <see cref="SafeText.AnyNumber"/> if there is no bound.</summary>
    public int SafeRun => _safeRun >= 0 ? _safeRun : _safeRun = IsBetweenCharacters ? SafeText.Run(_text) : 0;

    /// <summary>The state that every character of <see cref="SafeText"/> leads to; null if they lead to different states or some lead nowhere.</summary>
    public Reader? AfterAnySafe
    {
        get
        {
            if (!_knowsAfterSafe)
            {
                _afterSafe = IsBetweenCharacters && SafeText.LeadsToOne(_text) ? Next((byte)'a') : null;
                _knowsAfterSafe = true;
            }
            return _afterSafe;
        }
    }

    /// <summary>How many characters may follow, whichever they are, with an end after each, as in a text without any constraint. Runs beyond a maximum length are not told from such a text.</summary>
    public int FreeRun => _freeRun >= 0 ? _freeRun : _freeRun = IsBetweenCharacters ? SafeText.FreeRun(_text) : 0;

    /// <summary>The shortest bytes from here to an end.</summary>
    public abstract byte[] Rest { get; }

    /// <summary>Whether the next byte begins a character of the text.</summary>
    protected abstract bool IsBetweenCharacters { get; }

    /// <summary>Whether it reads a JSON string.</summary>
    public virtual bool IsQuoted => false;

    /// <summary>Whether it is inside a JSON string, which only the closing quote ends and which cannot continue after it.</summary>
    public virtual bool IsInside => false;

    /// <summary>Like <see cref="Next"/>, but remembers the result, because many tokens begin alike.</summary>
    public Reader? NextKept(byte next)
    {
        Reader? known = _paths.Known(next);
        if (known is null)
        {
            _paths.Keep(next, known = Next(next) ?? Nowhere);
        }
        return ReferenceEquals(known, Nowhere) ? null : known;
    }

    /// <summary>The state after one more byte; null if the byte may not come.</summary>
    public abstract Reader? Next(byte next);
}
