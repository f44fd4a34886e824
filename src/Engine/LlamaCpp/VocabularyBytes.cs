using System.Buffers;
using System.Text;
using Engine.Gguf;

namespace Engine.LlamaCpp;

/// <summary>Which characters a SentencePiece vocabulary of llama.cpp's can say. One that has no token for a character and
/// none for its bytes ends the process in <c>llama_tokenize</c>.</summary>
internal sealed class VocabularyBytes
{
    private static readonly Rune Blank = new('▁');

    private readonly HashSet<int> _characters;
    private readonly bool[] _bytes;
    private readonly bool _beginsWithBlank;

    private VocabularyBytes(HashSet<int> characters, bool[] bytes, bool beginsWithBlank) =>
        (_characters, _bytes, _beginsWithBlank) = (characters, bytes, beginsWithBlank);

    /// <returns>Null where any text can be said: another kind of vocabulary, or one with all bytes.</returns>
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
                bytes[token[0]] = true; // what llama.cpp falls back to
                characters.Add(token[0]);
            }
            else if (token.Length is > 0 and <= 4 && Rune.DecodeFromUtf8(token, out var rune, out int length) == OperationStatus.Done && length == token.Length)
            {
                characters.Add(rune.Value);
            }
        }
        return Array.TrueForAll(bytes, known => known) 
            ? null
            : new VocabularyBytes(characters, bytes, metadata.GetBool(GgufKeys.AddSpacePrefix) ?? true);
    }

    /// <exception cref="UnsupportedRequestException">A character of the text cannot be said.</exception>
    public void Check(string text)
    {
        if (text.Length > 0 && _beginsWithBlank)
        {
            Check(Blank);
        }
        foreach (var rune in text.EnumerateRunes())
        {
            Check(rune.Value == ' ' ? Blank : rune);
        }
    }

    // A character inside a longer token alone is refused too: finding out whether its merge comes about is the tokenizer's own work.
    private void Check(Rune rune)
    {
        if (_characters.Contains(rune.Value))
        {
            return;
        }
        Span<byte> utf8 = stackalloc byte[4];
        foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)])
        {
            if (!_bytes[b])
            {
                throw new UnsupportedRequestException(
                    $"Splitting text into tokens: the vocabulary has no token for the character '{rune}' (U+{rune.Value:X4}) and none for its bytes. Leave the character out, or send token ids.");
            }
        }
    }
}
