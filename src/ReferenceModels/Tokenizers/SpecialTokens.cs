using System.Text;

namespace ReferenceModels.Tokenizers;

/// <summary>Finds the tokens of a vocabulary that are cut out of a text before the rest of it is split.</summary>
internal sealed class SpecialTokens
{
    private readonly Vocabulary _vocabulary;
    private readonly int[] _all;           // longest text first, so that no token is cut by a shorter one
    private readonly int[] _userDefined;

    /// <summary>The special tokens of a vocabulary.</summary>
    public SpecialTokens(Vocabulary vocabulary)
    {
        const TokenKind cutOut = TokenKind.Control | TokenKind.UserDefined | TokenKind.Unknown;
        _vocabulary = vocabulary;
        _all = [.. Enumerable.Range(0, vocabulary.Texts.Length)
            .Where(id => (vocabulary.Kinds[id] & cutOut) != 0)
            .OrderByDescending(id => Encoding.UTF8.GetByteCount(vocabulary.Texts[id]))];
        _userDefined = [.. _all.Where(id => (vocabulary.Kinds[id] & (TokenKind.Control | TokenKind.Unknown)) == 0)];
    }

    /// <summary>Cuts a text into stretches of text and special tokens, in their order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parseSpecial">Also finds control and unknown tokens; user-defined ones are always found.</param>
    public LinkedList<Stretch> Cut(string text, bool parseSpecial)
    {
        var stretches = new LinkedList<Stretch>();
        if (text.Length > 0)
        {
            stretches.AddLast(new Stretch(0, text.Length, null));
        }
        foreach (int token in parseSpecial ? _all : _userDefined)
        {
            for (LinkedListNode<Stretch>? node = stretches.First; node is not null; node = node.Next)
            {
                if (node.Value.Token is null)
                {
                    CutOut(text, token, node);
                }
            }
        }
        return stretches;
    }

    private void CutOut(string text, int token, LinkedListNode<Stretch> node)
    {
        string special = _vocabulary.Texts[token];
        (int start, int end) = (node.Value.Start, node.Value.Start + node.Value.Length);
        int match;
        while ((match = text.IndexOf(special, start, end - start, StringComparison.Ordinal)) >= 0)
        {
            LinkedList<Stretch> list = node.List!;
            if (match > start)
            {
                list.AddBefore(node, new Stretch(start, match - start, null));
            }
            list.AddBefore(node, new Stretch(match, special.Length, token));
            start = match + special.Length;
            while ((_vocabulary.Kinds[token] & TokenKind.StripsRight) != 0 && start < end && text[start] is ' ' or (>= '\t' and <= '\r'))
            {
                start++;
            }
        }
        node.Value = new Stretch(start, end - start, null);
    }

    /// <summary>A stretch of the text, or the special token that stands there. An empty stretch of text says nothing.</summary>
    /// <param name="Start">First character.</param>
    /// <param name="Length">Number of characters.</param>
    /// <param name="Token">The token, or null for text.</param>
    public readonly record struct Stretch(int Start, int Length, int? Token);
}
