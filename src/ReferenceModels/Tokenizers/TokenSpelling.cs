using System.Globalization;
using System.Text;

namespace ReferenceModels.Tokenizers;

/// <summary>The bytes a token stands for, as llama.cpp's <c>llama_token_to_piece</c> gives them without special tokens.</summary>
internal static class TokenSpelling
{
    /// <summary>The blank of SentencePiece, U+2581.</summary>
    public const char Blank = '▁';

    // Byte-level BPE writes each byte as one printable character: itself where it is printable, else U+0100, U+0101, … in order
    // (bytes_to_unicode of openai/gpt-2, src/encoder.py).
    private static readonly Dictionary<char, byte> ByteOfCharacter = MakeByteCharacters();

    /// <summary>SentencePiece, Unigram and WordPiece: the text with blanks for <see cref="Blank"/>, or one byte.</summary>
    public static byte[] SentencePiece(Vocabulary vocabulary, int token)
    {
        (string text, TokenKind kind) = (vocabulary.Texts[token], vocabulary.Kinds[token]);
        return kind switch
        {
            _ when (kind & (TokenKind.Control | TokenKind.Unknown)) != 0 => [],
            _ when (kind & TokenKind.UserDefined) != 0 => vocabulary.Bytes(token).ToArray(),
            _ when (kind & TokenKind.Normal) != 0 => WithBlanks(vocabulary.Bytes(token)),
            _ when (kind & TokenKind.Byte) != 0 => [ParseByte(text)],
            _ => [],
        };
    }

    /// <summary>Byte-level BPE: one byte a character.</summary>
    public static byte[] ByteLevel(Vocabulary vocabulary, int token)
    {
        (string text, TokenKind kind) = (vocabulary.Texts[token], vocabulary.Kinds[token]);
        if ((kind & TokenKind.Normal) == 0 || (kind & (TokenKind.Control | TokenKind.Unknown | TokenKind.UserDefined)) != 0)
        {
            return SentencePiece(vocabulary, token);
        }
        var bytes = new List<byte>(text.Length);
        foreach (Rune character in text.EnumerateRunes())
        {
            if (character.IsBmp && ByteOfCharacter.TryGetValue((char)character.Value, out byte one))
            {
                bytes.Add(one);
            }
            else
            {
                // Not a byte's character: llama.cpp says so in the text itself.
                string hex = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(character.ToString()));
                bytes.AddRange(Encoding.UTF8.GetBytes($"[UNK_BYTE_0x{hex}{text}]"));
            }
        }
        return [.. bytes];
    }

    /// <summary>A vocabulary whose spelling is not known here.</summary>
    public static byte[] Unknown(Vocabulary vocabulary, int token) => [];

    private static byte[] WithBlanks(ReadOnlySpan<byte> utf8)
    {
        ReadOnlySpan<byte> blank = "▁"u8;
        var bytes = new List<byte>(utf8.Length);
        while (!utf8.IsEmpty)
        {
            bool found = utf8.StartsWith(blank);
            bytes.Add(found ? (byte)' ' : utf8[0]);
            utf8 = utf8[(found ? blank.Length : 1)..];
        }
        return [.. bytes];
    }

    // "<0x0A>"; anything else counts as byte 0, as strtol does.
    private static byte ParseByte(string text) =>
        text.Length >= 5 && byte.TryParse(text.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte value) ? value : (byte)0;

    private static Dictionary<char, byte> MakeByteCharacters()
    {
        var map = new Dictionary<char, byte>(256);
        char next = '\u0100';
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            map[printable ? (char)value : next++] = (byte)value;
        }
        return map;
    }
}
