using System.Buffers.Binary;

namespace Engine.Tokenizers;

/// <summary>Maps byte strings to numbers 0, 1, 2, … in the order in which they were added. A hash table with open addressing over one array of bytes.</summary>
internal sealed class TokenTable
{
    private byte[] _bytes;
    private int[] _ends;
    private (uint Hash, int Entry)[] _slots; // an entry is its number plus one; 0 is free
    private int _length;

    /// <summary>An empty table with room for some strings.</summary>
    public TokenTable(int capacity, int bytes = 0)
    {
        _ends = new int[Math.Max(16, capacity)];
        _bytes = new byte[Math.Max(16, bytes)];
        _slots = new (uint, int)[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)_ends.Length * 2)];
    }

    /// <summary>Number of strings.</summary>
    public int Count { get; private set; }

    /// <summary>The longest string's number of bytes.</summary>
    public int LongestBytes { get; private set; }

    /// <summary>The bytes of a string.</summary>
    public ReadOnlySpan<byte> this[int entry]
    {
        get
        {
            int start = entry == 0 ? 0 : _ends[entry - 1];
            return _bytes.AsSpan(start, _ends[entry] - start);
        }
    }

    /// <summary>The number of a string, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text)
    {
        uint hash = Hash(text);
        for (int slot = (int)hash & (_slots.Length - 1); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            (uint Hash, int Entry) found = _slots[slot];
            if (found.Entry == 0)
            {
                return -1;
            }
            if (found.Hash == hash && this[found.Entry - 1].SequenceEqual(text))
            {
                return found.Entry - 1;
            }
        }
    }

    /// <summary>The number of a string, which is added if necessary.</summary>
    public int Add(ReadOnlySpan<byte> text)
    {
        int entry = Find(text);
        if (entry >= 0)
        {
            return entry;
        }
        entry = Append(text);
        Place(Hash(text), entry);
        return entry;
    }

    /// <summary>A number for a string that must not be found.</summary>
    public int AddHidden() => Append([]);

    private int Append(ReadOnlySpan<byte> text)
    {
        if (Count == _ends.Length)
        {
            Grow();
        }
        if (_bytes.Length - _length < text.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + text.Length));
        }
        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
        _ends[Count] = _length;
        LongestBytes = Math.Max(LongestBytes, text.Length);
        return Count++;
    }

    private void Place(uint hash, int entry)
    {
        int slot = (int)hash & (_slots.Length - 1);
        while (_slots[slot].Entry != 0)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }
        _slots[slot] = (hash, entry + 1);
    }

    private void Grow()
    {
        (uint Hash, int Entry)[] old = _slots;
        Array.Resize(ref _ends, _ends.Length * 2);
        _slots = new (uint, int)[old.Length * 2];
        foreach ((uint hash, int entry) in old)
        {
            if (entry != 0)
            {
                Place(hash, entry - 1);
            }
        }
    }

    private static uint Hash(ReadOnlySpan<byte> text)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15; // 2^64 / golden ratio
        ulong hash = (ulong)text.Length * Multiplier;
        while (text.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text)) * Multiplier;
            hash ^= hash >> 29;
            text = text[8..];
        }
        if (text.Length >= 4)
        {
            ulong both = BinaryPrimitives.ReadUInt32LittleEndian(text) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(text[^4..]) << 32);
            hash = (hash ^ both) * Multiplier;
        }
        else if (text.Length > 0)
        {
            ulong both = text[0] | ((ulong)text[text.Length >> 1] << 8) | ((ulong)text[^1] << 16);
            hash = (hash ^ both) * Multiplier;
        }
        hash ^= hash >> 32;
        return (uint)hash;
    }
}
