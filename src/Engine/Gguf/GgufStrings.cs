using System.Collections;
using System.Text;

namespace Engine.Gguf;

/// <summary>An array of strings as stored in the file. Tokens may be parts of UTF-8 characters, so the bytes are
/// kept; in a <see cref="string"/>, such bytes become U+FFFD.</summary>
public sealed class GgufStrings : IReadOnlyList<string>
{
    private readonly byte[] _bytes;
    private readonly int[] _ends;

    internal GgufStrings(byte[] bytes, int[] ends) => (_bytes, _ends) = (bytes, ends);

    /// <summary>The strings in UTF-8.</summary>
    public static GgufStrings From(IReadOnlyList<string> strings)
    {
        ArgumentNullException.ThrowIfNull(strings);
        return strings as GgufStrings ?? From(strings.Select(Encoding.UTF8.GetBytes).ToArray());
    }

    /// <summary>The strings as bytes.</summary>
    public static GgufStrings From(IReadOnlyList<byte[]> strings)
    {
        ArgumentNullException.ThrowIfNull(strings);
        var ends = new int[strings.Count];
        int end = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            ends[i] = end = checked(end + strings[i].Length);
        }
        var bytes = new byte[end];
        for (int i = 0; i < ends.Length; i++)
        {
            strings[i].CopyTo(bytes, ends[i] - strings[i].Length);
        }
        return new GgufStrings(bytes, ends);
    }

    /// <inheritdoc/>
    public int Count => _ends.Length;

    /// <inheritdoc/>
    public string this[int index] => Encoding.UTF8.GetString(Bytes(index));

    /// <summary>The bytes of one string.</summary>
    public ReadOnlySpan<byte> Bytes(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsSpan(start, _ends[index] - start);
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
