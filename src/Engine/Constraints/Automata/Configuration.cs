namespace Engine.Constraints.Automata;

/// <summary>All ways to read the bytes so far: a state of the automaton. Equal ones of one automaton are one object.</summary>
internal sealed class Configuration(Reading[] readings, bool mayEnd)
{
    private const int Bytes = 256;
    private const int MostListed = 8; // of the ways onward; more stand in a table

    private byte[]? _table;            // by byte: one more than the place in the list; 0 for what was not looked for
    private Configuration[]? _listed;
    private ulong _listedBytes;
    private int _count;

    /// <summary>Stands where no byte leads.</summary>
    public static readonly Configuration Dead = new([], false);

    /// <summary>Terminals that go on, each with what comes after it.</summary>
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
    public Configuration? Known(byte next)
    {
        if (_table is not null)
        {
            int place = _table[next];
            return place == 0 ? null : _listed![place - 1];
        }
        ulong bytes = _listedBytes;
        for (int i = 0; i < _count; i++, bytes >>= 8)
        {
            if ((byte)bytes == next)
            {
                return _listed![i];
            }
        }
        return null;
    }

    /// <summary>Keeps where a byte leads.</summary>
    public void Keep(byte next, Configuration configuration)
    {
        if (_table is null && _count == MostListed)
        {
            _table = new byte[Bytes];
            for (int i = 0; i < MostListed; i++)
            {
                _table[(byte)(_listedBytes >> (8 * i))] = (byte)(i + 1);
            }
        }
        if (_table is not null)
        {
            int place = Array.IndexOf(_listed!, configuration, 0, _count);
            if (place < 0)
            {
                if (_count == byte.MaxValue)
                {
                    return; // looked for again
                }
                if (_count == _listed!.Length)
                {
                    Array.Resize(ref _listed, Math.Min(byte.MaxValue, 2 * _count));
                }
                _listed[place = _count++] = configuration;
            }
            _table[next] = (byte)(place + 1);
            return;
        }
        if (_listed is null || _count == _listed.Length)
        {
            Array.Resize(ref _listed, _count == 0 ? 2 : MostListed);
        }
        _listed[_count] = configuration;
        _listedBytes |= (ulong)next << (8 * _count++);
    }
}
