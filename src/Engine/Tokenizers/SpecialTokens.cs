namespace Engine.Tokenizers;

/// <summary>Cuts the tokens that are matched as a whole out of a text before the rest is split.</summary>
internal sealed class SpecialTokens
{
    private readonly Vocabulary _vocabulary;
    private readonly SpecialTokenSearch _all;
    private readonly SpecialTokenSearch _userDefined;

    /// <summary>The special tokens of a vocabulary.</summary>
    public SpecialTokens(Vocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        int[] all = [.. Enumerable.Range(0, vocabulary.Count)
            .Where(id => (vocabulary.Attributes[id] & TokenAttributes.CutOut) != 0)];
        UnstableSort.Descending(all, id => vocabulary.Bytes(id).Length); // so that no token is cut by a shorter one
        _all = new SpecialTokenSearch(vocabulary, all);
        _userDefined = new SpecialTokenSearch(vocabulary, [.. all.Where(id => (vocabulary.Attributes[id] & (TokenAttributes.Control | TokenAttributes.Unknown)) == 0)]);
    }

    /// <summary>Cuts a text into stretches of text and special tokens, in order.</summary>
    /// <param name="text">The text in UTF-8.</param>
    /// <param name="parseSpecial">Also finds control and unknown tokens; user-defined ones are always found.</param>
    public List<Stretch> Cut(ReadOnlySpan<byte> text, bool parseSpecial)
    {
        List<Stretch> stretches = text.IsEmpty ? [] : [new Stretch(0, text.Length, -1)];
        foreach (int token in (parseSpecial ? _all : _userDefined).Occurring(text))
        {
            var cut = new List<Stretch>(stretches.Count + 2);
            foreach (Stretch stretch in stretches)
            {
                if (stretch.Token >= 0)
                {
                    cut.Add(stretch);
                }
                else
                {
                    CutOut(text, token, stretch, cut);
                }
            }
            stretches = cut;
        }
        return stretches;
    }

    private void CutOut(ReadOnlySpan<byte> text, int token, Stretch stretch, List<Stretch> cut)
    {
        ReadOnlySpan<byte> special = _vocabulary.Bytes(token);
        TokenAttributes attributes = _vocabulary.Attributes[token];
        (int start, int end) = (stretch.Start, stretch.Start + stretch.Length);
        for (int found; (found = text[start..end].IndexOf(special)) >= 0;)
        {
            int before = start + found;
            int after = before + special.Length;
            if ((attributes & TokenAttributes.StripsLeft) != 0)
            {
                before = start + text[start..before].TrimEnd(" \t\n\v\f\r"u8).Length;
            }
            if (before > start)
            {
                cut.Add(new Stretch(start, before - start, -1));
            }
            cut.Add(new Stretch(start + found, special.Length, token));
            start = (attributes & TokenAttributes.StripsRight) == 0 ? after : end - text[after..end].TrimStart(" \t\n\v\f\r"u8).Length;
        }
        if (start < end)
        {
            cut.Add(new Stretch(start, end - start, -1));
        }
    }

    /// <summary>A stretch of the text, or a special token in it.</summary>
    /// <param name="Start">The first byte.</param>
    /// <param name="Length">The number of bytes, at least one.</param>
    /// <param name="Token">The token, or -1 for text.</param>
    public readonly record struct Stretch(int Start, int Length, int Token);
}
