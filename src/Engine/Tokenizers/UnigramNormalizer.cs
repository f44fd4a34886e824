using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>Normalizes a text for a Unigram vocabulary: characters are mapped, and blanks become U+2581.</summary>
internal sealed class UnigramNormalizer
{
    private readonly Vocabulary _vocabulary;
    private readonly PrecompiledCharacterMap _characters;
    private readonly TokenTrie _userDefined = new();
    private readonly bool[] _plain = new bool[128]; // by ASCII character: whether it stays unchanged before ASCII or the end of the text

    /// <summary>A normalizer for a file's vocabulary.</summary>
    public UnigramNormalizer(Vocabulary vocabulary, PrecompiledCharacterMap characters)
    {
        _vocabulary = vocabulary;
        _characters = characters;
        for (int token = 0; token < vocabulary.Count; token++)
        {
            if ((vocabulary.AttributesInFile[token] & TokenAttributes.UserDefined) != 0)
            {
                _userDefined.Add(vocabulary.Bytes(token), token);
            }
        }
        for (int first = '!'; first < _plain.Length; first++)
        {
            _plain[first] = _userDefined.Next(TokenTrie.Root, (byte)first) == 0 && !characters.ReplacesAscii((byte)first);
        }
    }

    /// <summary>The normalized text.</summary>
    public ByteBuffer Normalize(ReadOnlySpan<byte> text)
    {
        var normalized = new ByteBuffer((text.Length * 3) + 3);
        bool merges = _vocabulary.RemovesExtraWhitespace;
        bool isPrefixed = false;
        bool inWord = false;
        while (!text.IsEmpty)
        {
            if (inWord && IsPlain(text))
            {
                normalized.Append(text[0]);
                text = text[1..];
                continue;
            }
            foreach (byte value in Take(ref text))
            {
                if (value != ' ')
                {
                    if (!inWord && (merges || (_vocabulary.AddsSpacePrefix && !isPrefixed)))
                    {
                        normalized.Append(TokenSpelling.Blank);
                        isPrefixed = true;
                    }
                    inWord = true;
                    normalized.Append(value);
                }
                else
                {
                    inWord = false;
                    if (!merges)
                    {
                        normalized.Append(TokenSpelling.Blank);
                    }
                }
            }
        }
        return normalized;
    }

    private bool IsPlain(ReadOnlySpan<byte> text) =>
        text[0] < 0x80 && _plain[text[0]] && (text.Length == 1 || text[1] < 0x80);

    // What the beginning of the text becomes. As in llama.cpp, what looks like the beginning of a user-defined token is left unchanged,
    // even if the token does not continue, and even in the middle of a character.
    private ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> text)
    {
        int length = _userDefined.LongestPath(text);
        ReadOnlySpan<byte> taken = text[..length];
        if (length == 0)
        {
            taken = _characters.Replace(text, out length);
        }
        if (length == 0)
        {
            bool isCharacter = Utf8.Decode(text, out length) != CodePoints.Replacement || length == 3;
            taken = isCharacter ? text[..length] : "\uFFFD"u8;
        }
        text = text[length..];
        return taken;
    }
}
