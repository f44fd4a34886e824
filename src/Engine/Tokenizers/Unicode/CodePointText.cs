using System.Runtime.InteropServices;

namespace Engine.Tokenizers.Unicode;

/// <summary>A fragment of text as code points, beside its bytes. It is reused: a new fragment replaces the previous one.</summary>
internal sealed class CodePointText
{
    private int[] _points = [];
    private byte[] _flags = [];
    private byte[] _repaired = [];

    /// <summary>Number of code points.</summary>
    public int Count { get; private set; }

    /// <summary>The code points.</summary>
    public ReadOnlySpan<int> Points => _points.AsSpan(0, Count);

    /// <summary>What each code point is.</summary>
    public ReadOnlySpan<CodePointFlags> Flags => MemoryMarshal.Cast<byte, CodePointFlags>(_flags.AsSpan(0, Count));

    /// <summary>Whether the arrays are worth keeping for the next text.</summary>
    public bool IsSmall => _points.Length <= 1 << 18;

    /// <summary>Reads a fragment and returns the bytes of its code points: the fragment's own, or a copy with U+FFFD in place of bytes that are
    /// not a character.</summary>
    /// <param name="utf8">The fragment.</param>
    /// <param name="composes">Whether the text is normalized to NFC.</param>
    public ReadOnlySpan<byte> Read(ReadOnlySpan<byte> utf8, bool composes = false)
    {
        if (_points.Length < utf8.Length)
        {
            _points = GC.AllocateUninitializedArray<int>(utf8.Length);
            _flags = GC.AllocateUninitializedArray<byte>(utf8.Length);
        }
        int count = 0;
        bool isWellFormed = true;
        for (int at = 0; at < utf8.Length; count++)
        {
            int point = Utf8.Decode(utf8[at..], out int length);
            isWellFormed &= length == Utf8.Length(point);
            at += length;
            _points[count] = point;
            _flags[count] = (byte)CodePoints.Flags(point);
        }
        Count = count;
        if (composes && !CanonicalForms.IsComposed(Points))
        {
            Compose();
            isWellFormed = false;
        }
        return isWellFormed ? utf8 : Spell();
    }

    private void Compose()
    {
        List<int> points = [.. Points];
        CanonicalForms.Compose(points);
        Count = points.Count; // never more than there were bytes
        for (int at = 0; at < Count; at++)
        {
            _points[at] = points[at];
            _flags[at] = (byte)CodePoints.Flags(points[at]);
        }
    }

    private Span<byte> Spell()
    {
        _repaired = new byte[Count * 4];
        int length = 0;
        foreach (int point in Points)
        {
            length += Utf8.Encode(point, _repaired.AsSpan(length));
        }
        return _repaired.AsSpan(0, length);
    }
}
