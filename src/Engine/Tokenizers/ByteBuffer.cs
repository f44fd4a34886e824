using System.Buffers;
using System.Runtime.CompilerServices;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>A growing sequence of bytes in a rented array.</summary>
internal sealed class ByteBuffer(int capacity) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>Number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Adds a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(byte value)
    {
        if (Length == _bytes.Length)
        {
            Reserve(1);
        }
        _bytes[Length++] = value;
    }

    /// <summary>Adds a code point.</summary>
    public void AppendCodePoint(int codePoint)
    {
        if (codePoint < 0x80)
        {
            Append((byte)codePoint);
            return;
        }
        Reserve(4);
        Length += Utf8.Encode(codePoint, _bytes.AsSpan(Length));
    }

    /// <summary>Cuts off all but the first bytes.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Returns the array.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - Length < more)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + more));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
    }
}
