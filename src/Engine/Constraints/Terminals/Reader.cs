using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>Reads the bytes of one terminal: a state of a deterministic automaton over bytes, built as it is asked. From each state an end can be reached.</summary>
internal abstract class Reader(TextState text)
{
    private const int Bytes = 256;

    private readonly TextState _text = text;
    private Reader?[]? _next;
    private bool[]? _known;
    private int _safeRun = -1;

    /// <summary>Tells readers of one automaton apart, in the order they were made.</summary>
    public int Number { get; set; }

    /// <summary>The characters read so far.</summary>
    public TextState Text => _text;

    /// <summary>Whether the terminal may end here.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Whether a byte may follow.</summary>
    public abstract bool GoesOn { get; }

    /// <summary>How many characters of <see cref="SafeText"/> may follow, whichever they are: <see cref="SafeText.AnyNumber"/> where there is no bound.</summary>
    public int SafeRun => _safeRun >= 0 ? _safeRun : _safeRun = IsBetweenCharacters ? SafeText.Run(_text) : 0;

    /// <summary>Whether every character of <see cref="SafeText"/> leads back here.</summary>
    public bool Loops => IsBetweenCharacters && SafeText.Loops(_text);

    /// <summary>The shortest bytes from here to an end.</summary>
    public abstract byte[] Rest { get; }

    /// <summary>Whether the next byte begins a character of the text.</summary>
    protected abstract bool IsBetweenCharacters { get; }

    /// <summary>The state after one more byte; null where it cannot come.</summary>
    public Reader? Next(byte next)
    {
        if (_next is null)
        {
            (_next, _known) = (new Reader?[Bytes], new bool[Bytes]);
        }
        if (!_known![next])
        {
            _next[next] = Read(next);
            _known[next] = true;
        }
        return _next[next];
    }

    /// <summary>What <see cref="Next"/> remembers.</summary>
    protected abstract Reader? Read(byte next);
}
