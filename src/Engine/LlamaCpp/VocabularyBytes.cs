using System.Buffers;
using System.Text;
using Engine.Gguf;

namespace Engine.LlamaCpp;

/// <summary>Checks which characters a SentencePiece vocabulary can encode. If it has no token for a character and none for its bytes,
/// llama.cpp ends the process in <c>llama_tokenize</c>; many characters that are encoded by their bytes keep it busy for hours.</summary>
internal sealed class VocabularyBytes
{
    /// <summary>The maximum product of the bytes that become single tokens and the bytes of the text, because llama.cpp moves all tokens found so far for each
    /// such byte. This product takes about 2 s; a megabyte of control characters takes 40 s, and 64 MiB would take days.</summary>
    private const long MaxMoves = 1L << 36;

    /// <summary>A UTF-16 unit takes at most 3 bytes in UTF-8, so a text of fewer units stays below <see cref="MaxMoves"/>.</summary>
    private const int ShortText = 80_000;

    private static readonly Rune Blank = new('▁');

    private readonly HashSet<int> _characters;
    private readonly bool[] _bytes;
    private readonly bool _hasAllBytes;
    private readonly bool _beginsWithBlank;

    private VocabularyBytes(HashSet<int> characters, bool[] bytes, bool beginsWithBlank) =>
        (_characters, _bytes, _hasAllBytes, _beginsWithBlank) = (characters, bytes, Array.TrueForAll(bytes, known => known), beginsWithBlank);

    /// <returns>Null for other kinds of vocabularies, which can encode any text.</returns>
    public static VocabularyBytes? Read(GgufMetadata metadata)
    {
        if (metadata.GetString(GgufKeys.TokenizerModel) != "llama" || metadata.GetStrings(GgufKeys.Tokens) is not { } tokens)
        {
            return null;
        }
        var characters = new HashSet<int>();
        bool[] bytes = new bool[256];
        for (int i = 0; i < tokens.Count; i++)
        {
            var token = tokens.Bytes(i);
            if (token.Length == 6 && Encoding.ASCII.GetString(token) is ['<', '0', 'x', var high, var low, '>'] &&
                "0123456789ABCDEF".Contains(high) && "0123456789ABCDEF".Contains(low))
            {
                bytes[Convert.ToByte($"{high}{low}", 16)] = true;
            }
            else if (token.Length == 1)
            {
                bytes[token[0]] = true; // which llama.cpp falls back to
                characters.Add(token[0]);
            }
            else if (token.Length is > 0 and <= 4 && Rune.DecodeFromUtf8(token, out var rune, out int length) == OperationStatus.Done && length == token.Length)
            {
                characters.Add(rune.Value);
            }
        }
        return new VocabularyBytes(characters, bytes, metadata.GetBool(GgufKeys.AddSpacePrefix) ?? true);
    }

    /// <exception cref="UnsupportedRequestException">A character of the text cannot be encoded, or too many can be encoded only by their bytes.</exception>
    public void Check(string text)
    {
        if (_hasAllBytes && text.Length < ShortText)
        {
            return;
        }
        if (text.Length > 0 && _beginsWithBlank)
        {
            Check(Blank);
        }
        long spelled = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            spelled += Check(rune.Value == ' ' ? Blank : rune);
        }
        long bytes = Encoding.UTF8.GetByteCount(text);
        if (spelled * bytes > MaxMoves)
        {
            throw new UnsupportedRequestException(
                $"Splitting text into tokens: expected at most {MaxMoves / bytes:N0} bytes of characters that the vocabulary has no token for in a text of {bytes:N0} bytes, "
                + $"found {spelled:N0}. Split it in parts, or send token ids.");
        }
    }

    /// <summary>The number of bytes that encode the character; 0 if it has its own token.</summary>
    // A character that occurs only inside a longer token counts as well, because only the tokenizer itself can tell whether that merge happens.
    private int Check(Rune rune)
    {
        if (_characters.Contains(rune.Value))
        {
            return 0;
        }
        Span<byte> utf8 = stackalloc byte[4];
        int length = rune.EncodeToUtf8(utf8);
        foreach (byte b in utf8[..length])
        {
            if (!_bytes[b])
            {
                throw new UnsupportedRequestException(
                    $"Splitting text into tokens: the vocabulary has no token for the character '{rune}' (U+{rune.Value:X4}) and none for its bytes. Leave the character out, or send token ids.");
            }
        }
        return length;
    }
}
