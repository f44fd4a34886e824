using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>The tokens of one sequence in a pass; they follow those that its cache holds.</summary>
/// <param name="Cache">The sequence's keys and values.</param>
/// <param name="T">Tokens, at least 1.</param>
/// <param name="Rows">How many of the last rows are wanted.</param>
internal readonly record struct Piece(ISequenceCache Cache, int T, int Rows);

/// <summary>Which rows of a pass belong to which sequence: those of one, or of several one after another. Embeddings, norms, products and the
/// feed-forward treat all rows alike; only positions, keys and attention distinguish sequences, and that is implemented here.</summary>
internal sealed class Packing
{
    private readonly IReadOnlyList<Piece> _pieces;
    private readonly int[] _wanted;

    /// <summary>Packs pieces of different sequences one after another.</summary>
    public Packing(IReadOnlyList<Piece> pieces)
    {
        _pieces = pieces;
        var (positions, wanted) = (new List<int>(), new List<int>());
        foreach (Piece piece in pieces)
        {
            positions.AddRange(Enumerable.Range(piece.Cache.Length, piece.T));
            wanted.AddRange(Enumerable.Range(positions.Count - piece.Rows, piece.Rows));
        }
        (Positions, _wanted) = ([.. positions], [.. wanted]);
    }

    /// <summary>(T), the position of each row in its sequence.</summary>
    public int[] Positions { get; }

    /// <summary>A pass over the state's own sequence.</summary>
    /// <param name="s">The state.</param>
    /// <param name="T">Tokens.</param>
    /// <param name="rows">How many of the last rows are wanted.</param>
    public static Packing Alone(State s, int T, int rows) => new([new Piece(s.Cache, T, rows)]);

    /// <summary>Inputs that are evaluated whole in this pass, one after another; all rows are wanted.</summary>
    /// <param name="lengths">T of each, at least 1.</param>
    public static Packing Whole(params IEnumerable<int> lengths) => new([.. lengths.Select(T => new Piece(NoCache.Instance, T, T))]);

    /// <summary>The wanted rows (rows, columns) of x (T, columns).</summary>
    public Tensor Wanted(Pass pass, Tensor x)
    {
        int rows = _wanted.Length;
        return rows == 0 || _wanted[^1] - _wanted[0] == rows - 1
            ? x.Slice(rows == 0 ? 0 : _wanted[0], rows)
            : TokenRows.Take(pass, x, _wanted);
    }

    /// <summary>Appends keys and values to each sequence's cache, and attends from its queries to everything the cache holds.</summary>
    /// <param name="s">Memory, threads, tape, tap.</param>
    /// <param name="i">The layer.</param>
    /// <param name="Q">(T, H·d_k), or only those of the wanted rows.</param>
    /// <param name="K">(T, G·d_k).</param>
    /// <param name="V">(T, G·d_k).</param>
    /// <param name="rule">Heads, scale and mask; the position of each sequence's queries is filled in here.</param>
    /// <returns>kqv_out, as many rows as Q.</returns>
    public Tensor Attend(State s, int i, Tensor Q, Tensor K, Tensor V, AttentionRule rule)
    {
        var parts = new AttentionPart[_pieces.Count];
        (int q, int t) = (0, 0);
        for (int p = 0; p < parts.Length; p++)
        {
            (ISequenceCache cache, int T, int rows) = _pieces[p];
            rows = Q.Rows == K.Rows ? T : rows;
            (PagedRows K_n, PagedRows V_n) = cache.Append(s.Pass, i, K.Slice(t, T), V.Slice(t, T));      // (n + T, G·d_k)
            parts[p] = new AttentionPart(Q.Slice(q, rows), K_n, V_n, rule with { First = cache.Length + T - rows });
            (q, t) = (q + rows, t + T);
        }
        return MultiHeadAttention.Forward(s, i, parts);
    }

    /// <summary>Adds the positions that every layer has appended to the caches' lengths.</summary>
    public void Advance()
    {
        foreach (Piece piece in _pieces)
        {
            piece.Cache.Advance(piece.T);
        }
    }
}
