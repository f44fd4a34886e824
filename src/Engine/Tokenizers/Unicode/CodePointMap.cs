namespace Engine.Tokenizers.Unicode;

/// <summary>One value per code point, in pages of 256. Equal pages are stored only once.</summary>
internal sealed class CodePointMap<T> where T : unmanaged, IEquatable<T>
{
    private readonly ushort[] _pages = new ushort[CodePoints.Count >> 8];
    private readonly T[] _values;

    /// <summary>A map of 0x110000 values.</summary>
    public CodePointMap(ReadOnlySpan<T> values)
    {
        var stored = new List<T>();
        for (int page = 0; page < _pages.Length; page++)
        {
            ReadOnlySpan<T> wanted = values.Slice(page << 8, 256);
            int found = 0;
            while (found < stored.Count && !wanted.SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(stored).Slice(found, 256)))
            {
                found += 256;
            }
            if (found == stored.Count)
            {
                stored.AddRange(wanted);
            }
            _pages[page] = (ushort)(found >> 8);
        }
        _values = [.. stored];
    }

    /// <summary>The value of a code point below 0x110000.</summary>
    public T this[int codePoint] => _values[(_pages[codePoint >> 8] << 8) | (codePoint & 0xFF)];
}
