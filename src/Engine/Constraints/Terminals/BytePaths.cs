namespace Engine.Constraints.Terminals;

/// <summary>Remembers where bytes lead from a state: a few in a list, more in a table.</summary>
/// <typeparam name="T">States.</typeparam>
internal struct BytePaths<T> where T : class
{
    private const int Bytes = 256;
    private const int MaxListed = 8; // more go into a table

    private byte[]? _table; // by byte: the index in the list plus one; 0 for bytes not tried yet
    private T[]? _listed;
    private ulong _listedBytes;
    private int _count;

    /// <summary>Where a byte leads, if that is known; null otherwise.</summary>
    public readonly T? Known(byte next)
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

    /// <summary>Remembers where a byte leads.</summary>
    public void Keep(byte next, T state)
    {
        if (_table is null && _count == MaxListed)
        {
            _table = new byte[Bytes];
            for (int i = 0; i < MaxListed; i++)
            {
                _table[(byte)(_listedBytes >> (8 * i))] = (byte)(i + 1);
            }
        }
        if (_table is not null)
        {
            int place = Array.IndexOf(_listed!, state, 0, _count);
            if (place < 0)
            {
                if (_count == byte.MaxValue)
                {
                    return; // it will be computed again
                }
                if (_count == _listed!.Length)
                {
                    Array.Resize(ref _listed, Math.Min(byte.MaxValue, 2 * _count));
                }
                _listed[place = _count++] = state;
            }
            _table[next] = (byte)(place + 1);
            return;
        }
        if (_listed is null || _count == _listed.Length)
        {
            Array.Resize(ref _listed, _count == 0 ? 2 : MaxListed);
        }
        _listed[_count] = state;
        _listedBytes |= (ulong)next << (8 * _count++);
    }
}
