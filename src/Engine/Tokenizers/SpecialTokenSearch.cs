using System.Buffers;

namespace Engine.Tokenizers;

/// <summary>Finds in one pass which of a list of tokens occur in a text. Most texts contain none.</summary>
internal sealed class SpecialTokenSearch
{
    private readonly int[] _tokens;
    private readonly TokenTrie _trie = new();
    private readonly SearchValues<byte> _firstBytes;

    /// <summary>A search for tokens, in the order in which they are to be reported.</summary>
    public SpecialTokenSearch(Vocabulary vocabulary, int[] tokens)
    {
        _tokens = tokens;
        for (int order = 0; order < tokens.Length; order++)
        {
            _trie.Add(vocabulary.Bytes(tokens[order]), order);
        }
        _firstBytes = SearchValues.Create([.. tokens.Select(token => vocabulary.Bytes(token)[0]).Distinct()]);
    }

    /// <summary>The tokens whose text is somewhere in the text.</summary>
    public IEnumerable<int> Occurring(ReadOnlySpan<byte> text)
    {
        SortedSet<int>? found = null;
        for (int at = 0; at < text.Length; at++)
        {
            int offset = text[at..].IndexOfAny(_firstBytes);
            if (offset < 0)
            {
                break;
            }
            at += offset;
            int node = TokenTrie.Root;
            for (int next = at; next < text.Length && (node = _trie.Next(node, text[next])) != 0; next++)
            {
                if (_trie.Value(node) >= 0)
                {
                    (found ??= []).Add(_trie.Value(node));
                }
            }
        }
        return found is null ? [] : found.Select(order => _tokens[order]);
    }
}
