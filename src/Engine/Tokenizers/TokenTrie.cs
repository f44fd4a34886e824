using System.Runtime.CompilerServices;

namespace Engine.Tokenizers;

/// <summary>A trie of byte strings. Its edges are in one hash table: (node, byte) → node.</summary>
internal sealed class TokenTrie
{
    /// <summary>The node of the empty string.</summary>
    public const int Root = 0;

    private const int MaximumNodes = 1 << 24; // an edge's key is 24 bits of node and 8 of byte

    private readonly int[] _rootEdges = new int[256];
    private (uint Key, int Node)[] _edges = new (uint, int)[1 << 10]; // node 0 is free: no edge leads to the root
    private int[] _values = new int[256]; // plus one; 0 if no string ends
    private int _nodes = 1;

    /// <summary>Adds a string with its number. An empty string is ignored.</summary>
    public void Add(ReadOnlySpan<byte> text, int value)
    {
        int node = Root;
        foreach (byte each in text)
        {
            int next = Next(node, each);
            node = next != 0 ? next : AddEdge(node, each);
        }
        if (node != Root)
        {
            _values[node] = value + 1;
        }
    }

    /// <summary>The node a byte leads to, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(int node, byte next)
    {
        if (node == Root)
        {
            return _rootEdges[next];
        }
        uint key = ((uint)node << 8) | next;
        (uint Key, int Node)[] edges = _edges;
        for (int slot = Slot(key, edges.Length); ; slot = (slot + 1) & (edges.Length - 1))
        {
            (uint Key, int Node) edge = edges[slot];
            if (edge.Node == 0 || edge.Key == key)
            {
                return edge.Node;
            }
        }
    }

    /// <summary>The number of the string that ends at a node, or -1.</summary>
    public int Value(int node) => _values[node] - 1;

    /// <summary>The longest string that the text begins with: its number, or -1, and its number of bytes.</summary>
    public int LongestMatch(ReadOnlySpan<byte> text, out int length)
    {
        int value = -1;
        length = 0;
        int node = Root;
        for (int at = 0; at < text.Length && (node = Next(node, text[at])) != 0; at++)
        {
            if (_values[node] > 0)
            {
                value = _values[node] - 1;
                length = at + 1;
            }
        }
        return value;
    }

    /// <summary>How many bytes of the text lead somewhere, whether or not a string ends there.</summary>
    public int LongestPath(ReadOnlySpan<byte> text)
    {
        int node = Root;
        int at = 0;
        while (at < text.Length && (node = Next(node, text[at])) != 0)
        {
            at++;
        }
        return at;
    }

    private int AddEdge(int from, byte next)
    {
        int node = _nodes;
        if (node == MaximumNodes)
        {
            throw new Engine.ModelFileException(
                $"Reading a vocabulary: expected tokens of at most {MaximumNodes:N0} bytes in all, found more. Use a smaller vocabulary.");
        }
        if (++_nodes > _values.Length)
        {
            Array.Resize(ref _values, _values.Length * 2);
        }
        if (from == Root)
        {
            _rootEdges[next] = node;
            return node;
        }
        if (_nodes * 2 > _edges.Length)
        {
            (uint Key, int Node)[] old = _edges;
            _edges = new (uint, int)[old.Length * 2];
            foreach ((uint key, int target) in old)
            {
                if (target != 0)
                {
                    Place(key, target);
                }
            }
        }
        Place(((uint)from << 8) | next, node);
        return node;
    }

    private void Place(uint key, int node)
    {
        int slot = Slot(key, _edges.Length);
        while (_edges[slot].Node != 0)
        {
            slot = (slot + 1) & (_edges.Length - 1);
        }
        _edges[slot] = (key, node);
    }

    private static int Slot(uint key, int slots) => (int)((key * 0x9E3779B97F4A7C15UL) >> 32) & (slots - 1);
}
