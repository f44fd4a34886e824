using System.Runtime.InteropServices;
using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>Keys and values of one of several sequences, in F32, in pages that sequences with the same beginning share
/// (Kwon et al. 2023, PagedAttention, https://arxiv.org/abs/2309.06180, section 4).</summary>
/// <remarks>A page holds some positions of all layers. Full pages are shared and never written again; a sequence that shares a partly filled page
/// gets a copy of it. Memory is allocated and freed along with the positions.</remarks>
/// <param name="layers">Number of layers.</param>
/// <param name="width">Width of a position's keys: key/value heads × head size.</param>
internal sealed class PagedCache(int layers, int width) : ISequenceCache
{
    /// <summary>Positions per page.</summary>
    public const int PageRows = 32;

    private readonly List<CellPage> _pages = [];
    private int _frozen;   // how many of the first pages other sequences may share

    /// <inheritdoc/>
    public int Length { get; private set; }

    private int BlockFloats => PageRows * width;           // the keys or the values of a layer in a page

    private int PageFloats => checked(2 * layers * BlockFloats);

    /// <summary>Positions that sequences of one model hold; one that is shared or was copied from another page counts once.</summary>
    public static int Cells(IReadOnlyList<PagedCache> sequences)
    {
        int cells = 0;
        foreach (PagedCache sequence in sequences)
        {
            sequence._pages.ForEach(page => page.Counted = 0);
        }
        foreach (PagedCache sequence in sequences)
        {
            for (int p = 0; p < sequence._pages.Count; p++)
            {
                CellPage page = sequence._pages[p];
                int rows = Math.Min(PageRows, sequence.Length - p * PageRows) - page.Copied;
                cells += Math.Max(0, rows - page.Counted);
                page.Counted = Math.Max(page.Counted, rows);
            }
        }
        return cells;
    }

    /// <summary>Bytes that sequences of one model occupy.</summary>
    public static long Bytes(IReadOnlyList<PagedCache> sequences) =>
        sequences.SelectMany(sequence => sequence._pages).Distinct().Sum(page => (long)sizeof(float) * page.Values.Length);

    /// <inheritdoc/>
    public (PagedRows K, PagedRows V) Append(Pass pass, int layer, Tensor K, Tensor V)
    {
        int n = Length + K.Rows;
        while (_pages.Count * PageRows < n)
        {
            _pages.Add(new CellPage(PageFloats));
        }
        return (Write(2 * layer, K), Write(2 * layer + 1, V));
    }

    /// <inheritdoc/>
    public void Advance(int positions) => Length += positions;

    /// <summary>Forgets the positions from <paramref name="length"/> on, and whatever an interrupted evaluation has left.</summary>
    public void Cut(int length)
    {
        Length = Math.Min(Length, length);
        (int full, int rest) = (Length / PageRows, Length % PageRows);
        if (full < _frozen && rest > 0)
        {
            _pages[full] = _pages[full].Copy(rest);
        }
        _frozen = Math.Min(_frozen, full);
        int pages = full + Math.Min(1, rest);
        _pages.RemoveRange(pages, _pages.Count - pages);
    }

    /// <summary>Starts with the first positions of another sequence of the same model; this one must be empty.</summary>
    public void Share(PagedCache other, int length)
    {
        (int full, int rest) = (length / PageRows, length % PageRows);
        _pages.AddRange(other._pages.Take(full));
        if (rest > 0)
        {
            _pages.Add(other._pages[full].Copy(rest));
        }
        (Length, _frozen, other._frozen) = (length, full, Math.Max(full, other._frozen));
    }

    /// <summary>Copies all positions held; null if no array can be that long.</summary>
    public byte[]? Save()
    {
        long bytes = KeyValueCache.Bytes(layers, width, Length);
        if (bytes > Array.MaxLength)
        {
            return null;
        }
        byte[] state = GC.AllocateUninitializedArray<byte>((int)bytes);
        Span<float> rest = MemoryMarshal.Cast<byte, float>(state.AsSpan());
        foreach (Memory<float> rows in Blocks())
        {
            rows.Span.CopyTo(rest);
            rest = rest[rows.Length..];
        }
        return state;
    }

    /// <summary>Restores the positions that <see cref="Save"/> copied; this sequence must be empty.</summary>
    /// <param name="state">The copy.</param>
    /// <param name="capacity">Positions that this sequence may hold.</param>
    /// <returns>Whether the copy's positions fit the model and the capacity.</returns>
    public bool TryRestore(byte[] state, int capacity)
    {
        long position = KeyValueCache.Bytes(layers, width, 1);
        if (state.Length % position != 0 || state.Length / position > capacity)
        {
            return false;
        }
        Length = (int)(state.Length / position);
        while (_pages.Count * PageRows < Length)
        {
            _pages.Add(new CellPage(PageFloats));
        }
        ReadOnlySpan<float> rest = MemoryMarshal.Cast<byte, float>(state.AsSpan());
        foreach (Memory<float> rows in Blocks())
        {
            rest[..rows.Length].CopyTo(rows.Span);
            rest = rest[rows.Length..];
        }
        return true;
    }

    private PagedRows Write(int block, Tensor rows)
    {
        int offset = block * BlockFloats;
        for (int t = 0; t < rows.Rows;)
        {
            (int page, int at) = ((Length + t) / PageRows, (Length + t) % PageRows);
            int count = Math.Min(rows.Rows - t, PageRows - at);
            rows.Slice(t, count).Values.CopyTo(_pages[page].Values.AsSpan(offset + at * width));
            t += count;
        }
        return new PagedRows(_pages, offset, PageRows, Length + rows.Rows, width);
    }

    // The keys and values held, page by page.
    private IEnumerable<Memory<float>> Blocks()
    {
        for (int p = 0; p < _pages.Count; p++)
        {
            for (int block = 0; block < 2 * layers; block++)
            {
                yield return _pages[p].Values.AsMemory(block * BlockFloats, Math.Min(PageRows, Length - p * PageRows) * width);
            }
        }
    }

    private sealed class CellPage(int floats) : Page(floats)
    {
        // How many of its first positions were copied from a page where they are already counted.
        public int Copied { get; private init; }

        public int Counted { get; set; }

        public CellPage Copy(int rows)
        {
            var copy = new CellPage(Values.Length) { Copied = rows };
            Values.CopyTo(copy.Values, 0);
            return copy;
        }
    }
}
