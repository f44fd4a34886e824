using System.Buffers;
using System.Globalization;
using System.Text;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>The bytes a token stands for, as llama.cpp's <c>llama_token_to_piece</c> gives them without special tokens.</summary>
internal static class TokenSpelling
{
    /// <summary>The blank of SentencePiece, U+2581.</summary>
    public static ReadOnlySpan<byte> Blank => "▁"u8;

    /// <summary>SentencePiece, Unigram and WordPiece: the text with blanks for <see cref="Blank"/>, or one byte.</summary>
    public static byte[] SentencePiece(Vocabulary vocabulary, int token)
    {
        TokenAttributes attributes = vocabulary.Attributes[token];
        return attributes switch
        {
            _ when (attributes & (TokenAttributes.Control | TokenAttributes.Unknown)) != 0 => [],
            _ when (attributes & TokenAttributes.UserDefined) != 0 => vocabulary.Bytes(token).ToArray(),
            _ when (attributes & TokenAttributes.Normal) != 0 => WithBlanks(vocabulary.Bytes(token)),
            _ when (attributes & TokenAttributes.Byte) != 0 => [ParseByte(vocabulary.Text(token))],
            _ => [],
        };
    }

    /// <summary>Byte-level BPE: one byte per character.</summary>
    public static byte[] ByteLevel(Vocabulary vocabulary, int token)
    {
        TokenAttributes attributes = vocabulary.Attributes[token];
        if ((attributes & TokenAttributes.Normal) == 0 || (attributes & TokenAttributes.CutOut) != 0)
        {
            return SentencePiece(vocabulary, token);
        }
        ReadOnlySpan<byte> text = vocabulary.Bytes(token);
        var bytes = new ArrayBufferWriter<byte>(text.Length);
        Span<byte> character = stackalloc byte[4];
        for (int at = 0; at < text.Length;)
        {
            int point = Utf8.Decode(text[at..], out int length);
            at += length;
            int value = ByteAlphabet.Byte(point);
            if (value >= 0)
            {
                bytes.Write([(byte)value]);
            }
            else
            {
                // The character does not stand for a byte. llama.cpp writes that into the text itself.
                string hex = Convert.ToHexStringLower(character[..Utf8.Encode(point, character)]);
                bytes.Write(Encoding.UTF8.GetBytes($"[UNK_BYTE_0x{hex}"));
                bytes.Write(text);
                bytes.Write("]"u8);
            }
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>A vocabulary whose spelling is unknown.</summary>
    public static byte[] Unknown(Vocabulary vocabulary, int token) => [];

    private static byte[] WithBlanks(ReadOnlySpan<byte> utf8)
    {
        byte[] bytes = utf8.ToArray();
        int length = 0;
        for (int at = 0; at < utf8.Length; length++)
        {
            bool found = utf8[at..].StartsWith(Blank);
            bytes[length] = found ? (byte)' ' : utf8[at];
            at += found ? Blank.Length : 1;
        }
        return bytes[..length];
    }

    // "<0x0A>"; anything else is read as byte 0, as strtol does.
    private static byte ParseByte(string text) =>
        text.Length >= 5 && byte.TryParse(text.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte value) ? value : (byte)0;
}
