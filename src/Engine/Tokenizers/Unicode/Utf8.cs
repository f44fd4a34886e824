using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Engine.Tokenizers.Unicode;

/// <summary>UTF-8 functions for tokenizers.</summary>
internal static class Utf8
{
    /// <summary>Bytes of a code point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Length(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

    /// <summary>The number of bytes that a first byte announces; 1 for a byte that cannot be first.</summary>
    public static int AnnouncedLength(byte first) => first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    /// <summary>Writes a code point and returns its number of bytes.</summary>
    public static int Encode(int codePoint, Span<byte> destination)
    {
        switch (Length(codePoint))
        {
            case 1:
                destination[0] = (byte)codePoint;
                return 1;
            case 2:
                destination[0] = (byte)(0xC0 | (codePoint >> 6));
                destination[1] = (byte)(0x80 | (codePoint & 0x3F));
                return 2;
            case 3:
                destination[0] = (byte)(0xE0 | (codePoint >> 12));
                destination[1] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
                destination[2] = (byte)(0x80 | (codePoint & 0x3F));
                return 3;
            default:
                destination[0] = (byte)(0xF0 | (codePoint >> 18));
                destination[1] = (byte)(0x80 | ((codePoint >> 12) & 0x3F));
                destination[2] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
                destination[3] = (byte)(0x80 | (codePoint & 0x3F));
                return 4;
        }
    }

    /// <summary>The code point at the start of non-empty bytes and its number of bytes. Bytes that are not a character
    /// (a fragment may begin or end inside one) give U+FFFD and 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Decode(ReadOnlySpan<byte> bytes, out int length)
    {
        if (bytes[0] < 0x80)
        {
            length = 1;
            return bytes[0];
        }
        return DecodeLonger(bytes, out length);
    }

    /// <summary>The number of characters.</summary>
    public static int Count(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte each in utf8)
        {
            count += (each & 0xC0) != 0x80 ? 1 : 0;
        }
        return count;
    }

    /// <summary>The bytes of a text in a rented array, with ill-formed UTF-16 as U+FFFD.</summary>
    public static byte[] Rent(string text, out int length)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, Encoding.UTF8.GetByteCount(text)));
        length = Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    private static int DecodeLonger(ReadOnlySpan<byte> bytes, out int length)
    {
        if (Rune.DecodeFromUtf8(bytes, out Rune rune, out length) == OperationStatus.Done)
        {
            return rune.Value;
        }
        length = 1;
        return CodePoints.Replacement;
    }
}
