using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>Receives the words of a text.</summary>
internal interface IWordSink
{
    /// <summary>A word in the form in which a vocabulary knows it: U+2581, then its letters.</summary>
    void Add(ReadOnlySpan<byte> word);
}

/// <summary>Cuts a text into words as BERT does: letters are converted to lower case without accents, and punctuation and Chinese
/// characters are separate words.</summary>
/// <remarks>llama.cpp differs from the code that vocabularies were made with wherever Unicode is more than a table of letters: it keeps only
/// the first code point of a decomposed character, so that every Korean syllable becomes its first consonant; it drops spacing marks,
/// such as Hindi's vowels, together with the accents; and it treats control characters that are white space as blanks.</remarks>
internal static class WordPieceWords
{
    /// <summary>Cuts a text.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="stripsAccents">Whether accents are removed.</param>
    /// <param name="lowercases">Whether letters are converted to lower case.</param>
    /// <param name="sink">Receives the words.</param>
    public static void Cut<TSink>(ReadOnlySpan<byte> utf8, TokenizerRule rule, bool stripsAccents, bool lowercases, ref TSink sink)
        where TSink : struct, IWordSink
    {
        using var word = new ByteBuffer(64);
        word.Append(TokenSpelling.Blank);
        if (rule == TokenizerRule.Native)
        {
            CutAsLlamaCpp(utf8, stripsAccents, lowercases, word, ref sink);
        }
        else
        {
            CutAsTrained(BertNormalizer.Normalize(utf8, stripsAccents, lowercases), word, ref sink);
        }
        EndWord(word, ref sink);
    }

    private static void CutAsTrained<TSink>(List<int> points, ByteBuffer word, ref TSink sink)
        where TSink : struct, IWordSink
    {
        foreach (int point in points)
        {
            switch (BertCharacters.Kind(point))
            {
                case BertCharacter.Blank:
                    EndWord(word, ref sink);
                    break;
                case BertCharacter.Punctuation:
                    EndWord(word, ref sink);
                    word.AppendCodePoint(point);
                    EndWord(word, ref sink);
                    break;
                default:
                    word.AppendCodePoint(point);
                    break;
            }
        }
    }

    private static void CutAsLlamaCpp<TSink>(ReadOnlySpan<byte> utf8, bool stripsAccents, bool lowercases, ByteBuffer word, ref TSink sink)
        where TSink : struct, IWordSink
    {
        while (!utf8.IsEmpty)
        {
            int point = Utf8.Decode(utf8, out int length);
            utf8 = utf8[length..];
            if (stripsAccents)
            {
                point = CanonicalForms.First(point);
            }
            CodePointFlags flags = CodePoints.Flags(point);
            if ((flags & CodePointFlags.Whitespace) != 0)
            {
                EndWord(word, ref sink);
                continue;
            }
            if (point is 0 or CodePoints.Replacement || (flags & CodePointFlags.Control) != 0
                || (stripsAccents && (flags & CodePointFlags.Mark) != 0))
            {
                continue;
            }
            bool alone = (flags & CodePointFlags.Punctuation) != 0 || (point < 0x7F && (flags & CodePointFlags.Symbol) != 0) || BertCharacters.IsChinese(point);
            if (alone)
            {
                EndWord(word, ref sink);
            }
            word.AppendCodePoint(lowercases ? CodePoints.Lowercase(point) : point);
            if (alone)
            {
                EndWord(word, ref sink);
            }
        }
    }

    private static void EndWord<TSink>(ByteBuffer word, ref TSink sink)
        where TSink : struct, IWordSink
    {
        if (word.Length > TokenSpelling.Blank.Length)
        {
            sink.Add(word.Written);
            word.Truncate(TokenSpelling.Blank.Length);
        }
    }
}
