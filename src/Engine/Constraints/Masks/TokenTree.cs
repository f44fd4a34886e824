namespace Engine.Constraints.Masks;

/// <summary>The bytes of tokens as a tree, its nodes in depth-first order: a node's first child is the next node, and its subtree ends where
/// <see cref="EndOf"/> says.</summary>
internal sealed class TokenTree
{
    private readonly byte[] _bytes;
    private readonly int[] _depths;
    private readonly int[] _ends;
    private readonly int[] _firstTokens; // by node, with one more at the end: where its tokens begin
    private readonly int[] _tokens;

    /// <param name="entries">The bytes, never empty, and the token that ends with them, sorted by the bytes.</param>
    public TokenTree(IReadOnlyList<(ReadOnlyMemory<byte> Bytes, int Token)> entries)
    {
        List<byte> bytes = [];
        List<int> depths = [], firstTokens = [];
        _tokens = new int[entries.Count];
        var path = new List<int>(); // nodes from the root to the last entry
        ReadOnlySpan<byte> before = [];
        List<int> ends = [];
        for (int i = 0; i < entries.Count; i++)
        {
            ReadOnlySpan<byte> entry = entries[i].Bytes.Span;
            int shared = before.CommonPrefixLength(entry);
            Close(shared, bytes.Count);
            for (int at = shared; at < entry.Length; at++)
            {
                path.Add(bytes.Count);
                bytes.Add(entry[at]);
                depths.Add(at);
                ends.Add(0);
                firstTokens.Add(i);
            }
            _tokens[i] = entries[i].Token;
            Deepest = Math.Max(Deepest, entry.Length);
            DeepestQuoted = Math.Max(DeepestQuoted, Quoted(entry));
            before = entry;
        }
        Close(0, bytes.Count);
        firstTokens.Add(entries.Count);
        (_bytes, _depths, _ends, _firstTokens) = ([.. bytes], [.. depths], [.. ends], [.. firstTokens]);

        void Close(int depth, int end)
        {
            for (int at = depth; at < path.Count; at++)
            {
                ends[path[at]] = end;
            }
            path.RemoveRange(depth, path.Count - depth);
        }
    }

    /// <summary>The number of nodes, not counting the root.</summary>
    public int Count => _bytes.Length;

    /// <summary>The length of the longest token in bytes.</summary>
    public int Deepest { get; }

    /// <summary>The maximum number of bytes a token adds to a JSON string before it closes the string or makes it invalid.</summary>
    public int DeepestQuoted { get; }

    /// <summary>The byte that leads to a node.</summary>
    public byte ByteOf(int node) => _bytes[node];

    /// <summary>The number of bytes before that one.</summary>
    public int DepthOf(int node) => _depths[node];

    /// <summary>The first node after a node's subtree.</summary>
    public int EndOf(int node) => _ends[node];

    /// <summary>The tokens that end at a node.</summary>
    public ReadOnlySpan<int> TokensOf(int node)
    {
        // All nodes made for one entry have that entry as their first token, so that only the last of them has any.
        int first = _firstTokens[node];
        return _tokens.AsSpan(first, _firstTokens[node + 1] - first);
    }

    /// <summary>The whole tree, for walks that try most nodes: for each node its byte, how many bytes come before it, the first node after its subtree, and where
    /// its tokens begin among all tokens.</summary>
    public void Deconstruct(out ReadOnlySpan<byte> bytes, out ReadOnlySpan<int> depths, out ReadOnlySpan<int> ends, out ReadOnlySpan<int> firstTokens, out ReadOnlySpan<int> tokens)
    {
        bytes = _bytes;
        depths = _depths;
        ends = _ends;
        firstTokens = _firstTokens;
        tokens = _tokens;
    }

    private static int Quoted(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length && bytes[at] >= ' ' && bytes[at] != '"')
        {
            at += bytes[at] == '\\' ? 2 : 1;
        }
        return Math.Min(at, bytes.Length);
    }
}
