using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>The alphabet in which byte-level BPE writes each byte as one printable character: itself if it is printable, otherwise U+0100,
/// U+0101, … in order (bytes_to_unicode of openai/gpt-2, src/encoder.py).</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = MakeCharacters();
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The character of a byte.</summary>
    public static char Character(byte value) => Characters[value];

    /// <summary>The byte of a character, or -1.</summary>
    public static int Byte(int codePoint) => codePoint < Bytes.Length ? Bytes[codePoint] : -1;

    /// <summary>The bytes that a token's text stands for.</summary>
    /// <returns>Their number, or -1 if a character does not stand for a byte.</returns>
    public static int Decode(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        int count = 0;
        while (!text.IsEmpty)
        {
            int value = Byte(Utf8.Decode(text, out int length));
            if (value < 0)
            {
                return -1;
            }
            bytes[count++] = (byte)value;
            text = text[length..];
        }
        return count;
    }

    private static char[] MakeCharacters()
    {
        var characters = new char[256];
        char next = '\u0100';
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[value] = printable ? (char)value : next++;
        }
        return characters;
    }

    private static short[] MakeBytes()
    {
        var bytes = new short[Characters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++)
        {
            bytes[Characters[value]] = (short)value;
        }
        return bytes;
    }
}
