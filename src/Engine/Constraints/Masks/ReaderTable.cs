using System.Buffers;
using Engine.Constraints.Terminals;

namespace Engine.Constraints.Masks;

/// <summary>Numbers the states that one walk over all tokens meets, and tabulates where each byte leads. This takes two loads per byte, whereas following the
/// states themselves takes five. A walk takes 300,000 steps through a few hundred states.</summary>
internal struct ReaderTable : IDisposable
{
    /// <summary>No state: the byte leads nowhere.</summary>
    public const int Nowhere = -1;

    /// <summary>No state: the byte is the closing quote.</summary>
    public const int Closes = -2;

    private const int Bytes = 256;
    private const int Unknown = 0;

    private readonly List<Reader> _states = [];
    private readonly Dictionary<Reader, int> _numbers = [];
    private int[] _next; // by state number and byte

    /// <param name="first">Gets the number 1.</param>
    public ReaderTable(Reader first)
    {
        _next = ArrayPool<int>.Shared.Rent(64 * Bytes);
        _states.Add(first); // 0 is no state's number
        Add(first);
    }

    public readonly Reader this[int number] => _states[number];

    /// <summary>The number of the state that a byte leads to; <see cref="Nowhere"/> or <see cref="Closes"/>.</summary>
    public int Next(int number, byte next)
    {
        int known = _next[(number * Bytes) + next];
        return known != Unknown ? known : Find(number, next);
    }

    public readonly void Dispose() => ArrayPool<int>.Shared.Return(_next);

    private int Find(int number, byte next)
    {
        Reader? reader = _states[number].NextKept(next);
        int found = reader is null ? Nowhere : reader.IsDone ? Closes : _numbers.TryGetValue(reader, out int known) ? known : Add(reader);
        _next[(number * Bytes) + next] = found;
        return found;
    }

    private int Add(Reader reader)
    {
        int number = _states.Count;
        int end = (number + 1) * Bytes;
        if (end > _next.Length)
        {
            int[] larger = ArrayPool<int>.Shared.Rent(2 * end);
            _next.AsSpan(0, number * Bytes).CopyTo(larger);
            ArrayPool<int>.Shared.Return(_next);
            _next = larger;
        }
        _next.AsSpan(number * Bytes, Bytes).Clear();
        _states.Add(reader);
        _numbers.Add(reader, number);
        return number;
    }
}
