using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Engine.Gguf;

/// <summary>Reads a header from front to back. Every count in the file is checked against the bytes that are left.</summary>
internal sealed class GgufCursor(MappedFile file)
{
    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes left.</summary>
    public long Remaining => file.Length - Position;

    public uint UInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint), what));

    public ulong UInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong), what));

    /// <summary>A count of items that take at least this many bytes each.</summary>
    public int Count(string what, int limit, int bytesEach) => CheckedCount(UInt64(what), what, limit, bytesEach);

    private int CheckedCount(ulong count, string what, int limit, int bytesEach)
    {
        if (count > (ulong)limit)
        {
            throw Refuse(what, $"at most {limit:N0}", $"{count:N0}");
        }
        return (long)count * bytesEach <= Remaining
            ? (int)count
            : throw Refuse(what, $"at most the {Remaining:N0} bytes that are left in the file", $"{count:N0} of {bytesEach} bytes or more each");
    }

    /// <summary>Reads a length and as many bytes.</summary>
    public ReadOnlySpan<byte> String(string what, int limit)
    {
        ulong length = UInt64(what);
        // A vocabulary has a hundred thousand strings, so the sentence is put together only if one is refused.
        return length <= (ulong)Math.Min(limit, Remaining) ? Take((int)length, what) : Take(CheckedCount(length, $"the length of {what}", limit, 1), what);
    }

    /// <summary>A length and as many bytes, which must be UTF-8 without NUL and not empty.</summary>
    public string Name(string what, int limit)
    {
        ReadOnlySpan<byte> bytes = String(what, limit);
        if (bytes.IsEmpty || bytes.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(bytes))
        {
            throw Refuse(what, "text of at least one character", bytes.IsEmpty ? "none" : "bytes that are not text");
        }
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Numbers as stored in the file, which is little-endian like this machine.</summary>
    public T[] Array<T>(int count, string what) where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(Take(checked(count * Unsafe.SizeOf<T>()), what)).ToArray();

    public ReadOnlySpan<byte> Take(int length, string what)
    {
        if (length > Remaining)
        {
            throw Refuse(what, $"{length:N0} bytes at offset {Position:N0}", $"the end of the file after {Remaining:N0}");
        }
        ReadOnlySpan<byte> bytes = file.Slice(Position, length);
        Position += length;
        return bytes;
    }

    /// <summary>The error for a malformed file.</summary>
    public ModelFileException Refuse(string what, string expected, string found, string hint = "The file is damaged or cut off: copy or convert it again.") =>
        new($"Reading {what} of '{Path.GetFileName(file.Path)}': expected {expected}, found {found}. {hint}");
}
