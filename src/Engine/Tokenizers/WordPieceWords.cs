using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>Takes the words of a text.</summary>
internal interface IWordSink
{
    /// <summary>A word in the form in which a vocabulary knows it: U+2581, then its letters.</summary>
    void Add(ReadOnlySpan<byte> word);
}

/// <summary>Cuts a text into words as BERT does: letters become small and lose their accents, signs and Chinese characters
/// are words of their own.</summary>
internal static class WordPieceWords
{
    /// <summary>Cuts a text.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="stripsAccents">Whether letters lose their accents.</param>
    /// <param name="lowercases">Whether letters become small.</param>
    /// <param name="sink">Takes the words.</param>
    public static void Cut<TSink>(ReadOnlySpan<byte> utf8, bool stripsAccents, bool lowercases, ref TSink sink)
        where TSink : struct, IWordSink
    {
        using var word = new ByteBuffer(64);
        word.Append(TokenSpelling.Blank);
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
            bool alone = (flags & CodePointFlags.Punctuation) != 0 || (point < 0x7F && (flags & CodePointFlags.Symbol) != 0) || IsChinese(point);
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
        EndWord(word, ref sink);
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

    // BERT's list. Extension E begins at U+2B820; llama.cpp and Hugging Face have U+2B920.
    private static bool IsChinese(int point) => point is
        (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
